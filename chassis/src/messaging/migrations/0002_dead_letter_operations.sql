-- What became of a dead letter: parked, to be handled again from due_at on, handled after all, or given up.
alter table dead_letter
  add column state text not null default 'parked' check (state in ('parked', 'redriving', 'redriven', 'discarded')),
  add column due_at timestamptz,
  add column ended_at timestamptz,
  -- Whoever did something about it: [{"at", "what", "by", "reason", …}], oldest first.
  add column history jsonb[] not null default '{}';
create index dead_letter_due on dead_letter (due_at) where state = 'redriving';
create index dead_letter_ended on dead_letter (ended_at) where ended_at is not null;
