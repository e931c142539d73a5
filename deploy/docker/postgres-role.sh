#!/bin/sh
# Runs once, when the database is made: the role as which the services work. It owns nothing; the migrate container grants it
# what it needs. In a database from before there was such a role, run this by hand in the postgres container.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$SERVICES_DB_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE gueen_services LOGIN PASSWORD :'password';
SQL
