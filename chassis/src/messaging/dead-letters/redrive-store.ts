import { randomUUID } from "node:crypto";
import type { Database, Queryable, Transaction } from "../../database/database.ts";
import { LETTER_COLUMNS, type StoredLetter } from "./operated-dead-letter-store.ts";

/** A letter that this process may handle until its lease ends; `claim` is the fencing token. */
export type ClaimedLetter = StoredLetter & {
  readonly claim: string;
  /** Whether an earlier claim ended although the letter was neither handled nor given back. */
  readonly lapsed: boolean;
};

type Claim = Pick<ClaimedLetter, "id" | "claim">;

/** Claims up to `limit` letters that are due, for `lease` milliseconds: the first of each lane, unless that has one claimed. */
export async function claimDueLetters(
  database: Database,
  consumer: string,
  { limit, lease }: { limit: number; lease: number },
): Promise<ClaimedLetter[]> {
  const claim = randomUUID();
  const claimed = await database.transaction(
    async (tx) => {
      // One after the other, so that none claims a letter while another claims an earlier one of its lane.
      await tx.query("select pg_advisory_xact_lock(7305195)");
      return tx.query<Omit<ClaimedLetter, "claim">>(CLAIM, [consumer, limit, lease, claim]);
    },
    { isolation: "read committed" },
  );
  return claimed.map((letter) => ({ ...letter, claim }));
}

const CLAIM = `
  with held as materialized (
    select coalesce(lane, id::text) as lane from dead_letter
    where state = 'redriving' and consumer = $1 and held_until > clock_timestamp()
  ), due as materialized (
    select id, coalesce(lane, id::text) as lane, due_at, claim is not null as lapsed from dead_letter
    where state = 'redriving' and consumer = $1 and due_at <= clock_timestamp()
      and (held_until is null or held_until <= clock_timestamp())
      and coalesce(lane, id::text) not in (select lane from held)
    order by due_at, id limit 200 for update skip locked
  ), first as (
    select distinct on (lane) id, due_at, lapsed from due order by lane, due_at, id
  ), chosen as materialized (
    select id, lapsed from first order by due_at, id limit $2
  )
  update dead_letter d set claim = $4, held_until = clock_timestamp() + $3 * interval '1 ms'
  where d.id = any (array(select id from chosen))
  returning ${LETTER_COLUMNS}, d.id = any (array(select id from chosen where lapsed)) as lapsed`;

/** Ends a letter in the transaction of its effects; false when it is not this claim's any more: discarded, or another's. */
export async function endRedrive(tx: Transaction, { id, claim }: Claim): Promise<boolean> {
  const ended = await tx.query(
    `update dead_letter set state = 'redriven', ended_at = now(), due_at = null, claim = null, held_until = null,
       attempts = attempts + 1, history = history || jsonb_build_object('what', 'redriven', 'at', now())
     where id = $1 and state = 'redriving' and claim = $2 returning 1`,
    [id, claim],
  );
  return ended.length > 0;
}

/** Parks a letter again, with the new cause. */
export const parkAgain = (
  database: Queryable,
  { id, claim }: Claim,
  cause: string,
  stack: string | null,
): Promise<unknown> =>
  database.query(
    `update dead_letter set state = 'parked', due_at = null, claim = null, held_until = null, cause = $3, stack = $4,
       attempts = attempts + 1,
       history = history || jsonb_build_object('what', 'failed again', 'cause', $3::text, 'at', now())
     where id = $1 and state = 'redriving' and claim = $2`,
    [id, claim, cause, stack],
  );

/** Gives a claim back: the letter was not tried. */
export const giveBackLetter = (database: Queryable, { id, claim }: Claim): Promise<unknown> =>
  database.query(
    `update dead_letter set claim = null, held_until = clock_timestamp() + interval '1 s'
     where id = $1 and state = 'redriving' and claim = $2`,
    [id, claim],
  );
