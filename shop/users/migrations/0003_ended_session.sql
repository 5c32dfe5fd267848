-- Sessions that ended while access tokens of theirs may still be in time. They outlive their accounts for as long.
create table ended_session (
  session_id text collate "C" primary key,
  ended_at timestamptz not null,
  -- Whoever read before this transaction was over has not seen the row, whatever the order of the commits.
  ended_in xid8 not null default pg_current_xact_id()
);
create index ended_session_ended_in on ended_session (ended_in);
create index ended_session_ended_at on ended_session (ended_at);
