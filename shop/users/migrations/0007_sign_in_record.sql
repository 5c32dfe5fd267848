-- Sign-ins of the last 90 days: a row for each session that began, and for all that was refused in an hour one for each kind.
create table sign_in_record (
  id text collate "C" primary key,
  account_id text collate "C" not null references account on delete cascade,
  action text not null check (action in ('sign_in', 'register', 'change_credentials')),
  at timestamptz not null,
  -- Where it began, or what was refused last came from: a hash.
  network bytea not null check (octet_length(network) = 32),
  -- Null for what was refused.
  session_id text,
  refused integer not null default 0 check ((session_id is null) = (refused > 0)),
  refused_hour timestamptz check ((session_id is null) = (refused_hour is not null)),
  unique (account_id, refused_hour, action)
);
create index sign_in_record_account on sign_in_record (account_id, id);
create index sign_in_record_at on sign_in_record (at);
