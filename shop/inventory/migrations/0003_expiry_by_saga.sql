-- A saga waits for each reservation now: nobody looks for those that ran out any more.
drop index reservation_to_expire;
