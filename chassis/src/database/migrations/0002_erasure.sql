-- People whose personal data is to be erased. They are looked for again until nothing of before can come any more.
create table erasure (
  subject text primary key,
  asked_at timestamptz not null default now(),
  due_at timestamptz not null default now()
);
create index erasure_due on erasure (due_at);
