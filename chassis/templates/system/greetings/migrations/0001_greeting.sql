create table greeting (id text primary key, text text not null);
