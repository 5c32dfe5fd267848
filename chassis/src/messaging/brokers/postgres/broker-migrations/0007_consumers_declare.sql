-- Producers do not know their consumers: a service keeps messages for itself alone, and takes back what it no longer wants.
drop policy own_or_published on subscription;
create policy own_are_added on subscription for insert with check (
  consumer = (select service from broker_role where role = current_user));
create policy own_are_withdrawn on subscription for delete using (
  consumer = (select service from broker_role where role = current_user));
