#!/usr/bin/env bash
# Installs what the tests and `make run` need and a fresh machine lacks: Postgres and Redis servers and Chromium from the
# distribution's packages (as root with apt), and the web app's node modules. Says what to install when it may not.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing+=(postgresql)
command -v redis-server >/dev/null || missing+=(redis-server)
command -v chromium >/dev/null || missing+=(chromium)

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "missing: ${missing[*]}" >&2
    echo "install them with your package manager, for example: sudo apt-get install ${missing[*]}" >&2
    exit 1
  fi
fi

lock=services/web/package-lock.json
stamp=services/web/node_modules/.package-lock.json
if [ -f "$lock" ] && { [ ! -f "$stamp" ] || [ "$lock" -nt "$stamp" ]; }; then
  (cd services/web && npm ci --no-audit --no-fund --loglevel=error)
fi
