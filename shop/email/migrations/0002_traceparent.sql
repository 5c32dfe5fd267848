-- Where in its trace a letter was asked for (W3C Trace Context): its delivery is a part of that trace.
alter table mail add traceparent text not null default '';
