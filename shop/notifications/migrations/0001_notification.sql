-- Numbers the notifications of all users; taken under a lock of the user, so that those of one user become visible in their order.
create sequence notification_number;

create table notification (
  id text collate "C" primary key,
  user_id text not null,
  type text not null,
  title text not null,
  message text not null,
  order_id text,
  read_at timestamptz,
  created_at timestamptz not null default now()
);
create index notification_user on notification (user_id, id desc);

-- Users who have gone: what is heard of them afterwards leaves nothing behind.
create table closed_account (user_id text primary key);
