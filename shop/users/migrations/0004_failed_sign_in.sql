-- How often signing in failed lately, for an account at a network, a network, and an account wherever from. Accounts that are not
-- there count like those that are; of emails and addresses only hashes are kept.
create table failed_sign_in (
  subject bytea primary key check (octet_length(subject) = 32),
  failures integer not null check (failures > 0),
  until timestamptz not null
);
create index failed_sign_in_until on failed_sign_in (until);

-- Where a session began; where one did, its account is not kept out by failures elsewhere.
alter table session add column network bytea check (octet_length(network) = 32);
