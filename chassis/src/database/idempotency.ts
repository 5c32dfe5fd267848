import { createHash } from "node:crypto";
import { idempotencyKeyReused } from "../contract/idempotency-key.ts";
import type { Database, Queryable, Transaction } from "./database.ts";
import { combinedRead, combinedWrite } from "./transactions/combined.ts";
import { groupCommit } from "./transactions/group-commit.ts";

/** A request that may be repeated. `scope` separates the keys of different users and calls; `request` is what is asked for. */
export type KeyedRequest = { scope: string; key: string; request: unknown };

/**
 * Does `work` once for each key, in `tx`, and returns its result; a repeat, also one at the same time, gets the stored result.
 * Throws `idempotency_key_reused` when the key was used for another request. Results must be JSON.
 */
export async function once<Result>(tx: Transaction, keyed: KeyedRequest, work: () => Promise<Result>): Promise<Result> {
  const fingerprint = createHash("sha256").update(canonicalJson(keyed.request)).digest("base64url");
  // A repeat at the same time waits here until the first has committed or rolled back.
  if (!(await claim(tx, { ...keyed, fingerprint }))) return storedResult(tx, keyed, fingerprint);
  const result = await work();
  await storeResult(tx, { ...keyed, result });
  return result;
}

type Claim = Omit<KeyedRequest, "request"> & { readonly fingerprint: string };

const nameOf = ({ scope, key }: { scope: string; key: string }): string => JSON.stringify([scope, key]);

/** In one order, so that those who claim the same keys wait for each other instead of locking each other out. */
const claim = combinedWrite<Claim, boolean>(
  async (tx, claims) => {
    const rows = claims.map(({ scope, key, fingerprint }) => ({ scope, key, fingerprint }));
    const claimed = await tx.query<{ scope: string; key: string }>(
      `insert into idempotency (scope, key, fingerprint)
       select scope, key, fingerprint from json_to_recordset($1) as given (scope text, key text, fingerprint text)
       order by scope, key on conflict do nothing returning scope, key`,
      [JSON.stringify(rows)],
    );
    const names = new Set(claimed.map(nameOf));
    return claims.map((each) => names.has(nameOf(each)));
  },
  { holds: (each) => `idempotency key ${nameOf(each)}` },
);

type Stored = { readonly scope: string; readonly key: string; readonly fingerprint: string; readonly result: unknown };

const findResult = combinedRead<Pick<Stored, "scope" | "key">, Stored | undefined>(async (tx, keys) => {
  const rows = keys.map(({ scope, key }) => ({ one: 1, scope, key }));
  // `one` makes the planner expect a single row, and so look each up by its index.
  const stored = await tx.query<Stored>(
    `select i.scope, i.key, i.fingerprint, i.result
       from json_to_recordset($1) as given (one integer, scope text, key text) join idempotency i using (scope, key)
      where given.one = 1`,
    [JSON.stringify(rows)],
  );
  const byName = new Map(stored.map((each) => [nameOf(each), each]));
  return keys.map((each) => byName.get(nameOf(each)));
});

async function storedResult<Result>(tx: Transaction, keyed: KeyedRequest, fingerprint: string): Promise<Result> {
  const stored = await findResult(tx, keyed);
  if (stored?.fingerprint !== fingerprint) throw idempotencyKeyReused.failure();
  return stored.result as Result;
}

/** Removes up to 1,000 results that are older; returns whether there may be more. */
export async function forgetOldResults(database: Database, days: number): Promise<boolean> {
  const removed = await database.query(
    `delete from idempotency where (scope, key) in (
       select scope, key from idempotency where created_at < now() - $1 * interval '1 day' limit 1000) returning 1`,
    [days],
  );
  return removed.length === 1_000;
}

/** What a key that was used before stands for from now on. */
export type Replacement = Omit<KeyedRequest, "request"> & { readonly result: unknown };

/** Makes the function that stores another result for a key that was used before: what later repeats get. */
export function createReplaceResult(database: Queryable): (replacement: Replacement) => Promise<void> {
  return groupCommit({ write: (replacements) => storeResults(database, replacements) });
}

// `one` makes the planner expect a single row, and so look each up by its index, however small the table was when the plan was made.
async function storeResults(database: Queryable, replacements: readonly Replacement[]): Promise<void[]> {
  const rows = replacements.map(({ scope, key, result }) => ({ one: 1, scope, key, result }));
  await database.query(
    `update idempotency set result = given.result
     from json_to_recordset($1) as given (one integer, scope text, key text, result json)
     where given.one = 1 and idempotency.scope = given.scope and idempotency.key = given.key`,
    [JSON.stringify(rows)],
  );
  return replacements.map(() => undefined);
}

const storeResult = combinedWrite<Replacement, void>(storeResults);

/** JSON with the keys of every object in order, so that equal requests are equal texts. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
