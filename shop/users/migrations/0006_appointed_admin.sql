-- Administrators by the settings: when these name another, they are administrators no longer.
alter table account add column appointed boolean not null default false;
update account set appointed = true where role = 'admin' and name = 'Administrator';
create index account_appointed on account (id) where appointed;
