create index mail_created_at on mail (created_at);
create index mailbox_sent_at on mailbox (sent_at);
