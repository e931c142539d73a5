#!/bin/sh
# Generates pkg/schema/db/<context>db from pkg/schema/queries/<context>.sql for each context named as argument.
# The schema is the up parts of pkg/schema/migrations, which sqlc reads in the order of their names.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$root/pkg/schema
failed=0
for context in "$@"; do
	[ -f "$work/queries/$context.sql" ] || { echo "no pkg/schema/queries/$context.sql" >&2; exit 1; }
	# The configuration must lie where its relative paths begin; its name carries the process, as several may run at once.
	config=$work/.sqlc-$context-$$.yaml
	trap 'rm -f "$config"' EXIT INT TERM
	sed "s/@CONTEXT@/$context/g" "$root/tools/sqlc/sqlc.yaml.in" >"$config"
	if (cd "$root/tools/sqlc" && GOWORK=off go tool sqlc generate -f "$config"); then
		echo "generated pkg/schema/db/${context}db"
	else
		failed=1
	fi
	rm -f "$config"
done
exit $failed
