-- Run once, by the superuser, whose own random password nobody knows: see POSTGRES_PASSWORD_FILE.
\set owner_password `cat /run/secrets/calcio-migrate-db/password`
\set service_password `cat /run/secrets/calcio-service-db/password`

CREATE ROLE calcio LOGIN CREATEROLE PASSWORD :'owner_password';
GRANT pg_read_all_stats TO calcio; -- to say who is in the way
CREATE DATABASE calcio OWNER calcio;
REVOKE ALL ON DATABASE calcio FROM PUBLIC;

-- Who makes a role may set its timeouts, as the Job does for the service's.
SET ROLE calcio;
CREATE ROLE calcio_service LOGIN PASSWORD :'service_password';
GRANT CONNECT ON DATABASE calcio TO calcio_service;
