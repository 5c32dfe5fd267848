create table saga (
  id uuid primary key,
  name text not null,
  version integer not null default 1,
  key text not null,
  input json not null,
  -- what the steps added to the input
  added json not null default '{}',
  status text not null default 'running' check (status in ('running', 'compensating', 'parked', 'done', 'failed')),
  parked_from text check (parked_from in ('running', 'compensating')),
  -- running: the step to do next; compensating: the step to undo next, -1 when only the failure is left to record
  position integer not null default 0,
  step text,
  reason text,
  attempts integer not null default 0,
  faults integer not null default 0,
  step_deadline timestamptz,
  -- the process that holds the lease
  owner text,
  -- leased: when the lease runs out; waiting: when it goes on; null: parked or ended
  due_at timestamptz,
  -- grows with every claim and every save; a write that knows an older number is refused
  fence bigint not null default 1,
  request_id text not null,
  traceparent text not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  unique (name, key),
  check ((status = 'parked') = (parked_from is not null)),
  check (status in ('running', 'compensating') or due_at is null)
) with (fillfactor = 80);

-- Holds unfinished instances only, so that finished ones cost nothing.
create index saga_due on saga (due_at) where due_at is not null;

create table saga_history (
  saga_id uuid not null references saga (id) on delete cascade,
  number bigint generated always as identity,
  step text,
  attempt integer not null,
  what text not null,
  cause text,
  at timestamptz not null default clock_timestamp(),
  primary key (saga_id, number)
);
