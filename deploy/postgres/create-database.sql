-- Darkroom's own role and database, made once, when the volume is empty. The role owns its database and nothing else.
\set password `cat /run/secrets/database_password`
CREATE ROLE darkroom LOGIN PASSWORD :'password';
CREATE DATABASE darkroom OWNER darkroom;
REVOKE ALL ON DATABASE darkroom FROM PUBLIC;
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
