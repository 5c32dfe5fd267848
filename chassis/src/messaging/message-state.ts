import type { Queryable } from "../database/database.ts";

/** What lies in a service's tables of messages right now. */
export type MessageState = {
  /** Events that have to be sent still; no more than {@link MOST_COUNTED} are counted. */
  readonly pending: number;
  /** Events that can't be sent. */
  readonly parked: number;
  /** Seconds since the oldest event was published that has to be sent still; 0 when there is none. */
  readonly oldest: number;
  /** Dead letters that wait for somebody. */
  readonly lettersParked: number;
  /** Dead letters that are on their way back. */
  readonly lettersRedriving: number;
  /** About how many messages the inbox knows: what the server's statistics say. */
  readonly inbox: number;
};

/** Counting stops here: an answer of about as many, and not a longer one, is what somebody in trouble needs. */
export const MOST_COUNTED = 100_000;

/** Reads it from partial indexes and statistics alone, so that it costs the same however much history there is. */
export async function readMessageState(database: Queryable): Promise<MessageState> {
  const [state] = await database.query<MessageState>(
    `select
       (select count(*) from (
          select 1 from outbox where sent_at is null and parked_at is null limit $1) pending) as pending,
       (select count(*) from (
          select 1 from outbox where sent_at is null and parked_at is not null limit $1) parked) as parked,
       coalesce((select extract(epoch from clock_timestamp() - created_at)::float8 from outbox
          where sent_at is null and parked_at is null order by seq limit 1), 0) as oldest,
       (select count(*) from (
          select 1 from dead_letter where state = 'parked' limit $1) parked) as "lettersParked",
       (select count(*) from (
          select 1 from dead_letter where state = 'redriving' limit $1) redriving) as "lettersRedriving",
       (select greatest(reltuples, 0)::float8 from pg_class where oid = 'inbox'::regclass) as inbox`,
    [MOST_COUNTED],
  );
  return state as MessageState;
}
