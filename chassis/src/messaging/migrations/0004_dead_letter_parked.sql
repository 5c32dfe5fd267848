-- So that those who wait for somebody are counted without reading those who don't.
create index dead_letter_parked on dead_letter (id) where state = 'parked';
