-- What no driver would hand over, nobody else puts there either: LARGEST_MESSAGE in envelope.ts.
alter table delivery add constraint message_size check (octet_length(message::text) <= 1048576) not valid;
