-- A process ends deliveries and extends the leases of others at the same time, each statement with its rows in an order of its own: so they waited
-- for each other until the server broke one of them off, a second later. What is being ended need not be extended, so nobody waits for it.
create function renew_leases(held_by text, numbers bigint[], claims uuid[], lease interval)
returns table (seq bigint, claim uuid)
language plpgsql as $$
declare
  moment timestamptz;
begin
  perform set_config('synchronous_commit', 'off', true);
  moment := clock_timestamp();
  return query
    with alive as materialized (
      select d.seq from delivery d
      where d.consumer = held_by and d.seq = any (numbers) and d.claim = claims[array_position(numbers, d.seq)]
        and d.held_until > moment
      for update skip locked
    )
    update delivery d set held_until = moment + lease
    where d.consumer = held_by and d.seq = any (array(select a.seq from alive a))
    returning d.seq, d.claim;
end $$;

alter function renew_leases set enable_seqscan = off set enable_bitmapscan = off;
