-- Generated from shop/topology.ts: npm run tool -- deploy-files
-- Makes a role and a database for each service, as the superuser, in psql. What is there already is kept, so this may run again after a
-- service was added or a password was changed. The passwords are in files named after the roles, in the folder SECRETS.
\set ON_ERROR_STOP on
set client_min_messages = warning;

-- Nobody but the superuser has anything to look for in these.
revoke all on database postgres, template1 from public;

\set password `cat "${SECRETS:-/run/secrets}/flotilla_email"`
select 'create role flotilla_email login' where not exists (select from pg_roles where rolname = 'flotilla_email') \gexec
alter role flotilla_email password :'password';
select 'create database flotilla_email owner flotilla_email' where not exists (select from pg_database where datname = 'flotilla_email') \gexec
revoke all on database flotilla_email from public;

\set password `cat "${SECRETS:-/run/secrets}/flotilla_inventory"`
select 'create role flotilla_inventory login' where not exists (select from pg_roles where rolname = 'flotilla_inventory') \gexec
alter role flotilla_inventory password :'password';
select 'create database flotilla_inventory owner flotilla_inventory' where not exists (select from pg_database where datname = 'flotilla_inventory') \gexec
revoke all on database flotilla_inventory from public;

\set password `cat "${SECRETS:-/run/secrets}/flotilla_notifications"`
select 'create role flotilla_notifications login' where not exists (select from pg_roles where rolname = 'flotilla_notifications') \gexec
alter role flotilla_notifications password :'password';
select 'create database flotilla_notifications owner flotilla_notifications' where not exists (select from pg_database where datname = 'flotilla_notifications') \gexec
revoke all on database flotilla_notifications from public;

\set password `cat "${SECRETS:-/run/secrets}/flotilla_orders"`
select 'create role flotilla_orders login' where not exists (select from pg_roles where rolname = 'flotilla_orders') \gexec
alter role flotilla_orders password :'password';
select 'create database flotilla_orders owner flotilla_orders' where not exists (select from pg_database where datname = 'flotilla_orders') \gexec
revoke all on database flotilla_orders from public;

\set password `cat "${SECRETS:-/run/secrets}/flotilla_payments"`
select 'create role flotilla_payments login' where not exists (select from pg_roles where rolname = 'flotilla_payments') \gexec
alter role flotilla_payments password :'password';
select 'create database flotilla_payments owner flotilla_payments' where not exists (select from pg_database where datname = 'flotilla_payments') \gexec
revoke all on database flotilla_payments from public;

\set password `cat "${SECRETS:-/run/secrets}/flotilla_products"`
select 'create role flotilla_products login' where not exists (select from pg_roles where rolname = 'flotilla_products') \gexec
alter role flotilla_products password :'password';
select 'create database flotilla_products owner flotilla_products' where not exists (select from pg_database where datname = 'flotilla_products') \gexec
revoke all on database flotilla_products from public;

\set password `cat "${SECRETS:-/run/secrets}/flotilla_users"`
select 'create role flotilla_users login' where not exists (select from pg_roles where rolname = 'flotilla_users') \gexec
alter role flotilla_users password :'password';
select 'create database flotilla_users owner flotilla_users' where not exists (select from pg_database where datname = 'flotilla_users') \gexec
revoke all on database flotilla_users from public;
