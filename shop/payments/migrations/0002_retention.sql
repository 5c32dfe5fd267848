create index payment_created_at on payment (created_at);
