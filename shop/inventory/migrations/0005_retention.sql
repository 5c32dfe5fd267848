create index reservation_created_at on reservation (created_at);
