-- A letter is claimed while it is handled again, and not locked: so that others go on beside one that takes long, and an operator can discard any.
alter table dead_letter
  -- Letters of one lane are handled one at a time and in their order; null in rows of before.
  add column lane text,
  add column claim uuid,
  add column held_until timestamptz;
