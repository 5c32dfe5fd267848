create table account (
  id text collate "C" primary key,
  name text not null check (char_length(name) between 1 and 100),
  email text not null check (char_length(email) between 3 and 254),
  -- The email as accounts are told apart by it: equal-looking emails are one account.
  email_key text not null constraint account_email_key_unique unique,
  password_hash text not null check (password_hash like '$argon2id$%'),
  role text not null check (role in ('customer', 'admin')),
  created_at timestamptz not null
);
create index account_admin on account (id) where role = 'admin';

-- A sign-in, and the family of refresh tokens that follow from it.
create table session (
  id text primary key,
  account_id text collate "C" not null references account on delete cascade,
  created_at timestamptz not null,
  -- When the last refresh token of the session ends.
  expires_at timestamptz not null,
  ended_at timestamptz
);
create index session_account on session (account_id);
create index session_expiry on session (expires_at);

create table refresh_token (
  -- SHA-256 of the token; the token itself is kept nowhere.
  hash bytea primary key check (octet_length(hash) = 32),
  session_id text not null references session on delete cascade,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index refresh_token_session on refresh_token (session_id);
