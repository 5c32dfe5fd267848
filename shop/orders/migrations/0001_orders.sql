create table orders (
  id text collate "C" primary key,
  user_id text not null,
  user_name text not null,
  status text not null check (status in ('pending', 'confirmed', 'rejected', 'cancelled')),
  items jsonb not null check (
    jsonb_array_length(items) > 0
    and not jsonb_path_exists(items, '$[*] ? (@.quantity < 1 || @.quantity.floor() != @.quantity)')
    and not jsonb_path_exists(items, '$[*] ? (@.unitPrice.amount < 0)')
  ),
  total bigint not null check (total >= 0),
  currency text not null check (currency = 'EUR'),
  payment_method text not null,
  reason text check ((reason is not null) = (status = 'rejected')),
  history jsonb not null,
  version integer not null check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index orders_of_user on orders (user_id, id desc);
