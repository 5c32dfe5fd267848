-- Password resets that were asked for, also for emails that have no account: both are the same work.
create table password_reset (
  id text collate "C" primary key,
  email_key text not null,
  expires_at timestamptz not null,
  -- Whether the account was looked for.
  looked_at boolean not null default false,
  account_id text collate "C" references account on delete cascade
);
create index password_reset_email on password_reset (email_key);
create index password_reset_account on password_reset (account_id);
create index password_reset_expiry on password_reset (expires_at);
create index password_reset_new on password_reset (id) where not looked_at;

create table password_reset_token (
  -- SHA-256 of the token; the token itself is kept nowhere.
  hash bytea primary key check (octet_length(hash) = 32),
  reset_id text collate "C" not null references password_reset on delete cascade
);
create index password_reset_token_reset on password_reset_token (reset_id);
