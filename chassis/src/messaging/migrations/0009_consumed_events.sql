-- What this service consumes, or did: so that what a new version no longer wants is withdrawn from the broker. The instances that run say what each of
-- them handles, so that an older one, started again beside a newer, takes nothing away from it.
create table consumed_event (
  type text primary key,
  withdrawn_at timestamptz
);
create table consumer_instance (
  id text primary key,
  types text[] not null,
  until timestamptz not null
);
