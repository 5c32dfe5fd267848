-- One payment for each order. What was asked is missing only from a tombstone: the refund came before the charge.
create table payment (
  order_id text primary key,
  status text not null check (status in ('pending', 'captured', 'declined', 'refunded', 'voided')),
  user_id text,
  amount bigint check (amount >= 0),
  currency text,
  method text,
  -- The idempotency key that the provider knows the charge by: the one of the first attempt.
  provider_key text,
  decline_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (status = 'voided' or num_nulls(user_id, amount, currency, method, provider_key) = 0),
  check (num_nulls(user_id, amount, currency, method, provider_key) in (0, 5)),
  check ((status = 'declined') = (decline_reason is not null))
);
