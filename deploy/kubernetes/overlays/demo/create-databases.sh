#!/bin/sh
# Run by the postgres image when its volume is empty: for each service a role and a database that nobody else may enter.
set -eu
for service in order_service activity_service; do
  psql -v ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres \
    -v name="$service" -v password="$(cat "$PASSWORDS/$service")" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
