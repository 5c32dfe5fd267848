-- Which consumer wants which type. Rows are only ever added by consumers: an older replica must not take away what a newer one wants.
create table subscription (
  type text not null,
  consumer text not null,
  primary key (type, consumer)
);

-- One row for each message and consumer that has not said "done". Those with one lane (source and key) go in the order of seq.
create table delivery (
  consumer text not null,
  seq bigint generated always as identity,
  message_id text not null,
  lane text not null check (octet_length(lane) <= 1200),
  message json not null,
  attempt integer not null default 1,
  -- Claimed by a consumer, or waiting for its next attempt, until then.
  held_until timestamptz,
  claim uuid,
  primary key (consumer, seq),
  unique (consumer, message_id)
) with (autovacuum_vacuum_scale_factor = 0.02);
create index delivery_held on delivery (consumer, lane) where held_until is not null;

-- Replicas of a consumer claim one after the other, so that none takes a message while another takes an earlier one of its lane.
-- A lost claim only means that a message is delivered twice, so its commit does not wait for the disk.
create function claim_deliveries(wanted_by text, batch integer, per_lane integer, lease interval, claimer uuid)
returns table (seq bigint, lane text, message json, attempt integer)
language plpgsql as $$
declare
  moment timestamptz;
begin
  perform pg_advisory_xact_lock(7305194, hashtext(wanted_by));
  perform set_config('synchronous_commit', 'off', true);
  moment := clock_timestamp();
  return query
    with held as materialized (
      select d.lane from delivery d
      where d.consumer = wanted_by and d.held_until is not null and d.held_until > moment
    ), free as materialized (
      select d.seq, d.lane from delivery d
      where d.consumer = wanted_by and (d.held_until is null or d.held_until <= moment)
        and d.lane not in (select h.lane from held h)
      order by d.seq limit batch for update skip locked
    ), ranked as (
      select f.seq, row_number() over (partition by f.lane order by f.seq) as place from free f
    )
    update delivery d set held_until = moment + lease, claim = claimer
    from ranked r where d.consumer = wanted_by and d.seq = r.seq and r.place <= per_lane
    returning d.seq, d.lane, d.message, d.attempt;
end $$;

-- Forgets what was handled. A claim that is another's by now changes nothing.
create function finish_deliveries(handled_by text, numbers bigint[], claims uuid[])
returns void
language plpgsql as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  delete from delivery d using unnest(numbers, claims) as f (seq, claim)
  where d.consumer = handled_by and d.seq = f.seq and d.claim = f.claim;
end $$;
