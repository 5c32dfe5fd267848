-- What a message takes, so that claims can be bounded without reading messages. Null where a publisher of before did not say: then what it takes
-- in the table is near enough.
alter table delivery add column bytes integer;

-- Besides the number of deliveries their bytes are bounded: the first one is always claimed, others as long as those before them have less than
-- `most_bytes`. `lapsed` tells of those whose earlier claim was neither finished nor given back. The function of before stays for older replicas.
create function claim_deliveries(
  wanted_by text, batch integer, per_lane integer, lease interval, claimer uuid, most_bytes bigint)
returns table (seq bigint, lane text, message json, attempt integer, source text, type text, bytes integer, lapsed boolean)
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
      select d.seq, d.lane, coalesce(d.bytes, pg_column_size(d.message)) as bytes, d.claim is not null as lapsed
      from delivery d
      where d.consumer = wanted_by and (d.held_until is null or d.held_until <= moment)
        and d.lane not in (select h.lane from held h)
      order by d.seq limit batch for update skip locked
    ), ranked as (
      select f.seq, f.bytes, f.lapsed, row_number() over (partition by f.lane order by f.seq) as place from free f
    ), measured as (
      select r.seq, r.lapsed, sum(r.bytes) over (order by r.seq) - r.bytes as bytes_before
      from ranked r where r.place <= per_lane
    ), fitting as materialized (
      select m.seq, m.lapsed from measured m where m.bytes_before < most_bytes
    )
    update delivery d set held_until = moment + lease, claim = claimer
    where d.consumer = wanted_by and d.seq = any (array(select f.seq from fitting f))
    returning d.seq, d.lane, d.message, d.attempt, d.source, d.type, coalesce(d.bytes, pg_column_size(d.message)),
      d.seq = any (array(select f.seq from fitting f where f.lapsed));
end $$;

alter function claim_deliveries(text, integer, integer, interval, uuid, bigint)
  set enable_seqscan = off set enable_bitmapscan = off;
