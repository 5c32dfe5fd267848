create table book (title text primary key, dusted integer not null default 0);
create table loan (id text primary key, reader text not null, loan json not null);
