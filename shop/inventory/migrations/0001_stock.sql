create table stock (
  product_id text primary key,
  available integer not null default 0 check (available >= 0),
  reserved integer not null default 0 check (reserved >= 0),
  sold integer not null default 0 check (sold >= 0),
  version integer not null default 0,
  -- Until the initial stock was applied, or an administrator has said what is there.
  initial_stock_due boolean not null default true,
  -- The product was taken out of the catalogue: nothing can be reserved any more.
  withdrawn boolean not null default false,
  check (available::bigint + reserved + sold <= 2000000000),
  check (not withdrawn or available = 0)
);

-- Every change of every balance. The sums over a product's movements are its balance, their count is its version.
create table stock_movement (
  product_id text not null references stock,
  version integer not null,
  reason text not null check (reason in
    ('initial', 'set', 'restocked', 'reserved', 'sold', 'released', 'expired', 'withdrawn')),
  order_id text,
  available integer not null,
  reserved integer not null,
  sold integer not null,
  moved_at timestamptz not null default now(),
  primary key (product_id, version)
);
