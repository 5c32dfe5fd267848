import { randomUUID } from "node:crypto";
import type { Queryable } from "../../../database/database.ts";
import type { Message } from "../../message.ts";
import { canonicalId } from "../../message-id.ts";
import type { Audience } from "../broker.ts";

/** The channel that tells which consumer has something to fetch. */
export const CHANNEL = "flotilla_delivery";

/** A delivery that this process may handle until its lease ends; `claim` is the fencing token. */
export type ClaimedRow = {
  readonly seq: number;
  readonly claim: string;
  readonly lane: string;
  readonly message: Message;
  readonly attempt: number;
  /** Who published it and what, as the broker knows; null when it was stored before the broker knew. */
  readonly source: string | null;
  readonly type: string | null;
  readonly bytes: number;
  /** Whether an earlier claim ended although it was neither finished nor given back. */
  readonly lapsed: boolean;
};

/** A claim given back: free again in `delay` milliseconds (null: at once), with the attempt it will be. */
export type GivenBack = { seq: number; claim: string; delay: number | null; attempt: number };

type Fenced = { readonly seq: number; readonly claim: string };

/** Keeps messages of these types for these consumers from now on. */
export const addSubscriptions = (database: Queryable, audience: Audience): Promise<unknown> => {
  const pairs = Array.from(audience).flatMap(([type, consumers]) => consumers.map((consumer) => ({ type, consumer })));
  return database.query(
    "insert into subscription (type, consumer) select * from unnest($1::text[], $2::text[]) on conflict do nothing",
    [pairs.map(({ type }) => type), pairs.map(({ consumer }) => consumer)],
  );
};

/** Keeps messages of these types for the consumer no longer, and forgets those that it was not given yet. */
export const removeSubscriptions = (
  database: Queryable,
  consumer: string,
  types: readonly string[],
): Promise<unknown> =>
  database.query(
    `with removed as (delete from subscription where consumer = $1 and type = any ($2::text[]))
     delete from delivery where consumer = $1 and type = any ($2::text[]) and claim is null`,
    [consumer, types],
  );

/** Stores the messages, in their order, for each consumer that wants their type, and tells those that listen. */
export const storeMessages = (database: Queryable, messages: readonly Message[]): Promise<unknown> =>
  database.query(
    // Who publishes may not see what is meant for others: nothing here reads the table.
    `with stored as (
       insert into delivery (consumer, message_id, lane, message, source, type, bytes)
       select s.consumer, m.id, m.lane, m.message, m.source, m.type, octet_length(m.message::text)
       from unnest($1::text[], $2::text[], $3::text[], $4::json[], $5::text[])
         with ordinality as m (id, type, lane, message, source, number)
       join subscription s on s.type = m.type
       order by m.number
       on conflict do nothing)
     select pg_notify('${CHANNEL}', consumer) from (
       select distinct consumer from subscription where type = any($2::text[])) consumers`,
    [
      messages.map((message) => canonicalId(message.id) ?? `none ${randomUUID()}`),
      messages.map((message) => message.type),
      messages.map((message) => `${message.source}:${message.key}`),
      messages.map((message) => JSON.stringify(message)),
      messages.map((message) => message.source),
    ],
  );

/**
 * Claims up to `limit` deliveries, at most `perLane` of a lane and about `bytes` of all, for `lease` milliseconds, in their order, leaving out
 * lanes that have one claimed or waiting.
 */
export async function claimDeliveries(
  database: Queryable,
  consumer: string,
  { limit, perLane, bytes, lease }: { limit: number; perLane: number; bytes: number; lease: number },
): Promise<ClaimedRow[]> {
  const claim = randomUUID();
  const rows = await database.query<Omit<ClaimedRow, "claim">>(
    `select seq, lane, message, attempt, source, type, bytes, lapsed
     from claim_deliveries($1, $2, $3, $4 * interval '1 ms', $5, $6) order by seq`,
    [consumer, limit, perLane, lease, claim, bytes],
  );
  return rows.map((row) => ({ ...row, claim }));
}

export const finishDeliveries = (database: Queryable, consumer: string, done: readonly Fenced[]): Promise<unknown> =>
  database.query("select finish_deliveries($1, $2, $3)", [
    consumer,
    done.map(({ seq }) => seq),
    done.map(({ claim }) => claim),
  ]);

export const giveBackDeliveries = (
  database: Queryable,
  consumer: string,
  rows: readonly GivenBack[],
): Promise<unknown> =>
  database.query(
    `update delivery d set claim = null, attempt = b.attempt,
       held_until = clock_timestamp() + b.delay * interval '1 ms'
     from unnest($2::bigint[], $3::uuid[], $4::float8[], $5::integer[]) as b (seq, claim, delay, attempt)
     where d.consumer = $1 and d.seq = b.seq and d.claim = b.claim`,
    [
      consumer,
      rows.map((row) => row.seq),
      rows.map((row) => row.claim),
      rows.map((row) => row.delay),
      rows.map((row) => row.attempt),
    ],
  );

/** Extends leases that have not ended yet and whose end is not being written; resolves with those that were extended. */
export async function renewLeases<Row extends Fenced>(
  database: Queryable,
  consumer: string,
  held: readonly Row[],
  lease: number,
): Promise<Row[]> {
  const rows = await database.query<Fenced>("select seq, claim from renew_leases($1, $2, $3, $4 * interval '1 ms')", [
    consumer,
    held.map(({ seq }) => seq),
    held.map(({ claim }) => claim),
    lease,
  ]);
  const renewed = new Set(rows.map(({ seq, claim }) => `${seq} ${claim}`));
  return held.filter(({ seq, claim }) => renewed.has(`${seq} ${claim}`));
}
