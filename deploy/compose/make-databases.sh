#!/bin/sh
# Run once by the image, when the databases' folder is empty: one owner, one database and one web role for each side.
set -eu
# Owns nothing and steps over no policy: `linkage migrate` gives it its rights. Nobody logs in as it here, so that what
# one side's web service knows opens nothing of the other's.
psql -v ON_ERROR_STOP=1 -U postgres -c 'CREATE ROLE linkage_web NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE'
for side in approval supervision; do
    psql -v ON_ERROR_STOP=1 -v password="$(cat "/tmp/${side}_database")" -v web="$(cat "/tmp/${side}_web")" -U postgres <<SQL
CREATE ROLE $side LOGIN PASSWORD :'password';
CREATE ROLE ${side}_web LOGIN PASSWORD :'web' IN ROLE linkage_web;
CREATE DATABASE $side OWNER $side;
REVOKE CONNECT ON DATABASE $side FROM PUBLIC;
GRANT CONNECT ON DATABASE $side TO ${side}_web;
ALTER DATABASE $side SET idle_in_transaction_session_timeout = '60s';
\connect $side
ALTER FUNCTION pg_catalog.left(text, integer) LEAKPROOF;
SQL
done
