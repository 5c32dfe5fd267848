-- The keys that sign access tokens. The private part is kept here and nowhere else.
create table signing_key (
  kid text primary key,
  private_jwk json not null,
  created_at timestamptz not null
);
