-- The three logins that the examples name as roles, and a table for them. Run it as a superuser in the database authdb,
-- with the passwords in the environment, where Grantway finds them as well.
\set ON_ERROR_STOP on
\getenv admin_password GW_ADMIN_PASSWORD
\getenv readwrite_password GW_RW_PASSWORD
\getenv readonly_password GW_RO_PASSWORD
CREATE ROLE gw_admin LOGIN PASSWORD :'admin_password';
CREATE ROLE gw_readwrite LOGIN PASSWORD :'readwrite_password';
CREATE ROLE gw_readonly LOGIN PASSWORD :'readonly_password';
CREATE TABLE notes (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, text text NOT NULL);
GRANT SELECT ON notes TO gw_readonly, gw_readwrite, gw_admin;
GRANT INSERT, UPDATE, DELETE ON notes TO gw_readwrite, gw_admin;
GRANT CREATE ON SCHEMA public TO gw_admin;
