-- A join is planned by what the server knows of the table. Planned while the table is all but empty it compares every claimed row with the
-- whole backlog, and does so until the server looks again: with 50,000 rows each claim takes longer than a statement may. Numbers in an array
-- leave no choice but the index.
create or replace function claim_deliveries(wanted_by text, batch integer, per_lane integer, lease interval, claimer uuid)
returns table (seq bigint, lane text, message json, attempt integer, source text, type text)
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
    where d.consumer = wanted_by and d.seq = any (array(select r.seq from ranked r where r.place <= per_lane))
    returning d.seq, d.lane, d.message, d.attempt, d.source, d.type;
end $$;

create or replace function finish_deliveries(handled_by text, numbers bigint[], claims uuid[])
returns void
language plpgsql as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  delete from delivery d
  where d.consumer = handled_by and d.seq = any (numbers) and d.claim = claims[array_position(numbers, d.seq)];
end $$;

alter function claim_deliveries set enable_seqscan = off set enable_bitmapscan = off;
alter function finish_deliveries set enable_seqscan = off set enable_bitmapscan = off;
