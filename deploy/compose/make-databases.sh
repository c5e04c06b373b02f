#!/bin/sh
# Run once by the image, when the databases' folder is empty: one owner and one database for each side.
set -eu
for side in approval supervision; do
    psql -v ON_ERROR_STOP=1 -v password="$(cat "/tmp/${side}_database")" -U postgres <<SQL
CREATE ROLE $side LOGIN PASSWORD :'password';
CREATE DATABASE $side OWNER $side;
ALTER DATABASE $side SET idle_in_transaction_session_timeout = '60s';
SQL
done
