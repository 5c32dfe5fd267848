create table entry (id text primary key, text text not null);
