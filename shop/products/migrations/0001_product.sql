-- Ids sort by creation, byte by byte.
create table product (
  id text collate "C" primary key,
  name text not null check (char_length(name) between 1 and 200),
  description text not null check (char_length(description) <= 5000),
  price bigint not null check (price between 0 and 100000000),
  category text not null check (char_length(category) between 1 and 50),
  image_url text not null check (char_length(image_url) between 1 and 500),
  -- Name and description as they are searched: folded by the service, so that no server's locale has a say in it.
  search_text text not null,
  available integer not null default 0 check (available >= 0),
  stock_version bigint not null default 0 check (stock_version >= 0),
  version integer not null check (version >= 1),
  created_at timestamptz not null,
  updated_at timestamptz not null check (updated_at >= created_at)
) with (fillfactor = 80);
create index product_category on product (category, id);

-- One row once the first catalogue has been filled in; it stays when every product is deleted.
create table first_catalogue (
  filled boolean primary key default true check (filled),
  filled_at timestamptz not null
);
