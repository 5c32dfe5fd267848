-- A join is planned by what the server knows of the table. Planned while the table is all but empty it compares every claimed row with the
-- whole backlog, and does so until the server looks again: with 50,000 rows each claim takes longer than a statement may. Numbers in an array
-- leave no choice but the index.
create or replace function claim_outbox(batch integer, lease interval, claimer uuid)
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
    update outbox o set held_until = moment + lease, claim = claimer where o.seq = any (array(select free.seq from free))
    returning o.seq, o.message, o.attempts;
end $$;

alter function claim_outbox set enable_seqscan = off set enable_bitmapscan = off;
alter function mark_sent set enable_seqscan = off set enable_bitmapscan = off;
