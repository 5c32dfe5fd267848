alter table saga
  -- when a saga that has not reached its pivot is undone
  add deadline timestamptz,
  -- the newest at the end; of a very long one lines in the middle are dropped
  add history jsonb[] not null default '{}';

update saga set history = array(
  select jsonb_strip_nulls(jsonb_build_object('step', step, 'attempt', attempt, 'what', what, 'cause', cause, 'at', at))
  from saga_history where saga_id = saga.id order by number);

drop table saga_history;

-- The history in rows, for people and tests; the chassis itself never reads it.
create view saga_history as
select saga.id as saga_id, line.number, line.entry ->> 'step' as step, (line.entry ->> 'attempt')::integer as attempt,
  line.entry ->> 'what' as what, line.entry ->> 'cause' as cause, (line.entry ->> 'at')::timestamptz as at, line.entry
from saga cross join lateral unnest(saga.history) with ordinality as line (entry, number);

-- For whoever looks after them: there are few.
create index saga_parked on saga (id) where status = 'parked';
