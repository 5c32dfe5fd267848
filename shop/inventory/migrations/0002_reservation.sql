create table reservation (
  order_id text primary key,
  state text not null check (state in ('reserved', 'sold', 'released', 'expired')),
  -- [{"productId": …, "quantity": …}], sorted by product, each product once; empty for a tombstone.
  lines jsonb not null,
  expires_at timestamptz check (state <> 'reserved' or expires_at is not null),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index reservation_to_expire on reservation (expires_at) where state = 'reserved';
