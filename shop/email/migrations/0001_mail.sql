-- What is to be written to whom. The row is the intent; a worker performs it and records the outcome.
create table mail (
  id text primary key,
  template text not null,
  user_id text not null,
  recipient jsonb,
  facts jsonb not null,
  state text not null default 'queued' check (state in ('queued', 'sent', 'dropped', 'failed')),
  -- Grows with each claim, so that an outcome from a claim that ran out is not recorded.
  attempt integer not null default 0,
  -- While it is claimed: the end of the lease.
  due_at timestamptz not null default now(),
  cause text,
  created_at timestamptz not null default now(),
  settled_at timestamptz
);
create index mail_due on mail (due_at) where state = 'queued';
create index mail_queued_for on mail (user_id) where state = 'queued';

-- Mail kept instead of sent.
create table mailbox (
  id text collate "C" primary key,
  message_id text not null unique,
  recipient text not null,
  -- The address as it is compared.
  address text not null,
  subject text not null,
  text text not null,
  html text not null,
  sent_at timestamptz not null default now()
);
create index mailbox_address on mailbox (address, id desc);
