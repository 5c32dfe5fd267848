create table idempotency (
  scope text not null,
  key text not null,
  fingerprint text not null,
  result json,
  created_at timestamptz not null default now(),
  primary key (scope, key)
);
create index idempotency_created_at on idempotency (created_at);
