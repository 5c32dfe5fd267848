create index notification_created_at on notification (created_at);
