-- A mark that is lost only means that the event is sent again, which its consumers notice: its commit does not wait for the disk, and
-- those who do wait need not wait for it.
create function mark_sent(numbers bigint[])
returns void
language plpgsql as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  update outbox set sent_at = now(), held_until = null, claim = null, cause = null
  where seq = any(numbers) and sent_at is null;
end $$;
