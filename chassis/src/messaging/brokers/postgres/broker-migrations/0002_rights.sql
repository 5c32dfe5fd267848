-- Who may do what, where each service has a role of its own. The owner of the tables may do everything.
create table broker_role (
  role name primary key,
  -- The service whose role it is: the source of what it publishes, and the consumer whose messages it gets.
  service text not null
);
create table publication (
  role name references broker_role on delete cascade,
  -- A type of event that it may publish.
  type text,
  primary key (role, type)
);
alter table broker_role enable row level security;
create policy anybody_reads on broker_role for select using (true);
alter table publication enable row level security;
create policy anybody_reads on publication for select using (true);

-- A service keeps messages of any type for itself, and those of its own types for others.
alter table subscription enable row level security;
create policy anybody_reads on subscription for select using (true);
create policy own_or_published on subscription for insert with check (
  consumer = (select service from broker_role where role = current_user)
  or type = any ((select array_agg(p.type) from publication p where p.role = current_user)::text[])
);

-- It publishes in its own name, and its own types; it sees and ends what is meant for it, and nothing else.
-- Beside the message, whose JSON only its consumer reads: what it says there has to be the same. Null in rows of before.
alter table delivery add column source text, add column type text;
alter table delivery enable row level security;
create policy published on delivery for insert with check (
  source = (select service from broker_role where role = current_user)
  and type = any ((select array_agg(p.type) from publication p where p.role = current_user)::text[])
  and starts_with(lane, source || ':')
);
create policy own_are_seen on delivery for select using (
  consumer = (select service from broker_role where role = current_user));
create policy own_are_claimed on delivery for update using (
  consumer = (select service from broker_role where role = current_user));
create policy own_are_ended on delivery for delete using (
  consumer = (select service from broker_role where role = current_user));

drop function claim_deliveries;
create function claim_deliveries(wanted_by text, batch integer, per_lane integer, lease interval, claimer uuid)
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
    from ranked r where d.consumer = wanted_by and d.seq = r.seq and r.place <= per_lane
    returning d.seq, d.lane, d.message, d.attempt, d.source, d.type;
end $$;
