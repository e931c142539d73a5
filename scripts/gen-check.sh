#!/usr/bin/env bash
# Generates everything anew and compares it with what was there before, whatever git says of the tree. What differs stays
# generated, so that it only needs to be committed. GENERATED lists the files and directories; `make gen-check` sets it.
set -euo pipefail
cd "$(dirname "$0")/.."
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
for path in $GENERATED; do
  mkdir -p "$before/$(dirname "$path")"
  [ ! -e "$path" ] || cp -a "$path" "$before/$path"
done
make --no-print-directory gen >"$before/log" 2>&1 || { cat "$before/log" >&2; exit 1; }
stale=0
for path in $GENERATED; do
  diff -rqN "$before/$path" "$path" | sed "s#$before/##; s#^#stale: #" >&2 || stale=1
done
if [ "$stale" = 1 ]; then
  echo "generated files were not what their sources say; they are now: commit them (\`make gen\` makes them)" >&2
  exit 1
fi
untracked=$(git ls-files --others --exclude-standard -- $GENERATED 2>/dev/null || true)
if [ -n "$untracked" ]; then
  echo "generated files that are not in the repository: $untracked" >&2
  exit 1
fi
