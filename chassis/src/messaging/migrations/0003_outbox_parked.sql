create index outbox_parked on outbox (seq) where parked_at is not null and sent_at is null;
