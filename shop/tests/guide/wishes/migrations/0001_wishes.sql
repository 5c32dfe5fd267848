create table wish (
  id text primary key,
  user_id text not null,
  product_id text not null,
  product_name text not null
);
