-- Attempts that began and have not ended yet, of messages whose earlier delivery may have ended its process. A process that dies leaves the one
-- it was at: so the message that kills its process is told from those that were under way beside it.
create table begun_attempt (
  consumer text not null,
  message_id uuid not null,
  attempts integer not null default 1,
  noted_at timestamptz not null default now(),
  primary key (consumer, message_id)
);
