import { randomUUID } from "node:crypto";
import type { Queryable } from "../../database/database.ts";
import { combinedWrite } from "../../database/transactions/combined.ts";
import type { Message } from "../message.ts";

/** Events that one relay may send now; `claim` is the fencing token of all of them. */
export type ClaimedBatch = { readonly claim: string; readonly rows: readonly OutboxRow[] };
export type OutboxRow = { readonly seq: number; readonly message: Message; readonly attempts: number };

/** What becomes of a row that was not sent: free at once, tried again in `retryIn` milliseconds, or parked. */
export type Unsent = { seq: number; attempts: number; retryIn: number | null; cause: string | null; park: boolean };

/** An event as its JSON. */
export type Written = { readonly text: string };

/** Adds an event; those that come together keep the order in which they came. */
export const addToOutbox = combinedWrite<Written, void>(async (tx, events) => {
  await tx.query(
    `insert into outbox (key, message, bytes) select message ->> 'key', message, octet_length(message::text)
     from json_array_elements($1) with ordinality as given (message, number) order by number`,
    [`[${events.map(({ text }) => text).join(",")}]`],
  );
  return events.map(() => undefined);
});

/** The most events of a batch, and about how many bytes they may have. */
export type BatchSize = { readonly events: number; readonly bytes: number };

/** Claims unsent events for `lease` milliseconds, in their order, leaving out keys that have one claimed or waiting. */
export async function claimUnsent(database: Queryable, size: BatchSize, lease: number): Promise<ClaimedBatch> {
  const claim = randomUUID();
  const rows = await database.query<OutboxRow>(
    "select seq, message, attempts from claim_outbox($1, $2 * interval '1 ms', $3, $4) order by seq",
    [size.events, lease, claim, size.bytes],
  );
  return { claim, rows };
}

export const markSent = (database: Queryable, sequences: readonly number[]): Promise<unknown> =>
  database.query("select mark_sent($1)", [sequences]);

/** Writes down what was not sent; rows that another relay has claimed since are left alone. */
export const markUnsent = (database: Queryable, claim: string, rows: readonly Unsent[]): Promise<unknown> =>
  database.query(
    `update outbox o set claim = null, attempts = u.attempts, cause = u.cause,
       held_until = now() + u.retry_in * interval '1 ms', parked_at = case when u.park then now() end
     from unnest($2::bigint[], $3::integer[], $4::float8[], $5::text[], $6::boolean[])
       as u (seq, attempts, retry_in, cause, park)
     where o.seq = u.seq and o.claim = $1 and o.sent_at is null`,
    [
      claim,
      rows.map((row) => row.seq),
      rows.map((row) => row.attempts),
      rows.map((row) => row.retryIn),
      rows.map((row) => row.cause),
      rows.map((row) => row.park),
    ],
  );

export const releaseClaim = (database: Queryable, { claim, rows }: ClaimedBatch): Promise<unknown> =>
  database.query(
    "update outbox set held_until = null, claim = null where seq = any($2::bigint[]) and claim = $1 and sent_at is null",
    [claim, rows.map((row) => row.seq)],
  );

/** Removes sent events older than `days`, looking at the oldest `limit` rows only; resolves with how many were removed. */
export async function removeSent(database: Queryable, days: number, limit: number): Promise<number> {
  const removed = await database.query(
    `delete from outbox where seq in (
       select seq from (select seq, sent_at from outbox where parked_at is null order by seq limit $2) oldest
       where sent_at < now() - $1 * interval '1 day')
     returning 1`,
    [days, limit],
  );
  return removed.length;
}

/** The oldest events that were parked. */
export const listParked = (
  database: Queryable,
  limit: number,
): Promise<{ seq: number; message: Message; cause: string | null; attempts: number; parkedAt: Date }[]> =>
  database.query(
    `select seq, message, cause, attempts, parked_at as "parkedAt" from outbox
     where parked_at is not null and sent_at is null order by seq limit $1`,
    [limit],
  );

/** Lets parked events be sent again, with all their attempts before them; resolves with how many. */
export async function resendParked(database: Queryable, seqs: readonly number[] | undefined): Promise<number> {
  const freed = await database.query(
    `update outbox set parked_at = null, attempts = 0, held_until = null, cause = null
     where parked_at is not null and sent_at is null and ($1::bigint[] is null or seq = any($1)) returning 1`,
    [seqs ?? null],
  );
  return freed.length;
}
