-- An instance under way that is never due would be left for ever, unseen.
update saga set due_at = clock_timestamp(), owner = null
where status in ('running', 'compensating') and (due_at is null or not isfinite(due_at));

alter table saga
  add constraint saga_is_due check (status not in ('running', 'compensating') or due_at is not null and isfinite(due_at)),
  -- how the idempotency keys of its steps are made: those under way keep the keys that they began with
  add key_format smallint not null default 1,
  -- how often it was taken up since it last got any further
  add claims smallint not null default 0;

-- What the constraint forbids; for the check, should anybody ever have taken it away.
create index saga_stray on saga (id) where due_at is null and status in ('running', 'compensating');
-- What may kill the process that runs it.
create index saga_suspect on saga (due_at) where claims > 1 and due_at is not null;

-- The processes that run sagas, and which ones they know.
create table saga_runner (
  owner text primary key,
  knows jsonb not null,
  seen_at timestamptz not null default clock_timestamp()
);
