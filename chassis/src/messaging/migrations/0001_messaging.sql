-- Events on their way out. A row is unsent, sent or parked.
create table outbox (
  seq bigint generated always as identity primary key,
  key text not null check (octet_length(key) <= 1000),
  message json not null,
  created_at timestamptz not null default now(),
  attempts integer not null default 0,
  -- Claimed by a relay, or waiting for its next attempt, until then.
  held_until timestamptz,
  claim uuid,
  sent_at timestamptz,
  parked_at timestamptz,
  cause text
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1);
create index outbox_unsent on outbox (seq) where sent_at is null and parked_at is null;
create index outbox_held on outbox (key) where held_until is not null and sent_at is null and parked_at is null;

-- Claims by state, never by "seq > last seen": numbers are not committed in their order. Relays claim one after the other, so
-- that none takes an event while another takes an earlier one of its key. A lost claim only means that an event is sent twice,
-- so its commit does not wait for the disk.
create function claim_outbox(batch integer, lease interval, claimer uuid)
returns table (seq bigint, message json, attempts integer)
language plpgsql as $$
declare
  moment timestamptz;
begin
  perform pg_advisory_xact_lock(7305193);
  perform set_config('synchronous_commit', 'off', true);
  moment := clock_timestamp();
  return query
    with held as materialized (
      select o.key from outbox o
      where o.held_until is not null and o.held_until > moment and o.sent_at is null and o.parked_at is null
    ), free as materialized (
      select o.seq from outbox o
      where o.sent_at is null and o.parked_at is null and (o.held_until is null or o.held_until <= moment)
        and o.key not in (select h.key from held h)
      order by o.seq limit batch for update skip locked
    )
    update outbox o set held_until = moment + lease, claim = claimer from free where o.seq = free.seq
    returning o.seq, o.message, o.attempts;
end $$;

-- The messages each consumer has handled or parked.
create table inbox (
  message_id uuid not null,
  consumer text not null,
  handled_at timestamptz not null default now(),
  primary key (message_id, consumer)
);
create index inbox_handled_at on inbox (handled_at);

-- Messages that a consumer could not handle, with everything needed to understand and repeat them.
create table dead_letter (
  id uuid primary key,
  consumer text not null,
  message_id text not null,
  type text not null,
  message json not null,
  cause text not null,
  stack text,
  attempts integer not null,
  trace_id text not null,
  parked_at timestamptz not null default now(),
  unique (consumer, message_id)
);
