-- What an event takes, so that batches can be bounded without reading events. Null in rows of before: then what it takes in the table is near
-- enough.
alter table outbox add column bytes integer;

-- Besides the number of events their bytes are bounded: the first one is always claimed, others as long as those before them have less than
-- `most_bytes`. The function of before stays for older replicas.
create function claim_outbox(batch integer, lease interval, claimer uuid, most_bytes bigint)
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
      select o.seq, coalesce(o.bytes, pg_column_size(o.message)) as bytes from outbox o
      where o.sent_at is null and o.parked_at is null and (o.held_until is null or o.held_until <= moment)
        and o.key not in (select h.key from held h)
      order by o.seq limit batch for update skip locked
    ), measured as (
      select f.seq, sum(f.bytes) over (order by f.seq) - f.bytes as bytes_before from free f
    )
    update outbox o set held_until = moment + lease, claim = claimer
    where o.seq = any (array(select m.seq from measured m where m.bytes_before < most_bytes))
    returning o.seq, o.message, o.attempts;
end $$;

alter function claim_outbox(integer, interval, uuid, bigint) set enable_seqscan = off set enable_bitmapscan = off;
