-- The simulated provider is a system of its own: no table here is read or written by the payments service.
create schema provider;

create table provider.charge (
  key text primary key,
  status text not null check (status in ('open', 'captured', 'declined', 'refunded', 'voided')),
  -- Missing only from a tombstone: the refund came before the charge.
  reference text,
  amount bigint check (amount >= 0),
  currency text,
  method text,
  decline_code text,
  failures integer not null default 0,
  created_at timestamptz not null default now(),
  check (status = 'voided' or num_nulls(reference, amount, currency, method) = 0)
);

-- The ledger: money that moved. A charge is captured at most once and refunded at most once, and nothing is ever changed.
create table provider.entry (
  id bigint generated always as identity primary key,
  charge_key text not null references provider.charge,
  kind text not null check (kind in ('capture', 'refund')),
  reference text not null,
  amount bigint not null check (amount >= 0),
  currency text not null,
  made_at timestamptz not null default now(),
  unique (charge_key, kind)
);
create index entry_reference on provider.entry (reference);

-- What auditors compare with the shop's books.
create view provider.net_per_order as
  select reference as order_id,
         sum(case kind when 'capture' then amount else -amount end) as net,
         count(*) filter (where kind = 'capture') as captures,
         count(*) filter (where kind = 'refund') as refunds
    from provider.entry group by reference;
