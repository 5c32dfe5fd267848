-- A row is written again within a second: with room on its page the new version stays there, and the log takes only what differs.
alter table delivery set (fillfactor = 45);
