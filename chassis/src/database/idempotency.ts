import { createHash } from "node:crypto";
import { refusal } from "../core/failure.ts";
import type { Database, Queryable, Transaction } from "./database.ts";

export const idempotencyKeyRequired = refusal("idempotency_key_required", 400, "An Idempotency-Key header is required");
export const idempotencyKeyReused = refusal(
  "idempotency_key_reused",
  422,
  "The idempotency key was used for another request",
);

/** A request that may be repeated. `scope` separates the keys of different users and calls; `request` is what is asked for. */
export type KeyedRequest = { scope: string; key: string; request: unknown };

/**
 * Does `work` once for each key, in `tx`, and returns its result; a repeat, also one at the same time, gets the stored result.
 * Throws `idempotency_key_reused` when the key was used for another request. Results must be JSON.
 */
export async function once<Result>(tx: Transaction, keyed: KeyedRequest, work: () => Promise<Result>): Promise<Result> {
  const fingerprint = createHash("sha256").update(canonicalJson(keyed.request)).digest("base64url");
  // A repeat at the same time waits here until the first has committed or rolled back.
  const claimed = await tx.query(
    "insert into idempotency (scope, key, fingerprint) values ($1, $2, $3) on conflict do nothing returning key",
    [keyed.scope, keyed.key, fingerprint],
  );
  if (claimed.length === 0) return storedResult(tx, keyed, fingerprint);
  const result = await work();
  await replaceResult(tx, keyed, result);
  return result;
}

async function storedResult<Result>(tx: Transaction, keyed: KeyedRequest, fingerprint: string): Promise<Result> {
  const [stored] = await tx.query<{ fingerprint: string; result: Result }>(
    "select fingerprint, result from idempotency where scope = $1 and key = $2",
    [keyed.scope, keyed.key],
  );
  if (stored?.fingerprint !== fingerprint) throw idempotencyKeyReused.failure();
  return stored.result;
}

/** Removes up to 1,000 results older than a day; returns whether there may be more. */
export async function forgetOldResults(database: Database): Promise<boolean> {
  const removed = await database.query(
    `delete from idempotency where (scope, key) in (
       select scope, key from idempotency where created_at < now() - interval '1 day' limit 1000) returning 1`,
  );
  return removed.length === 1_000;
}

/** Stores another result for a key that was used before: what later repeats get. */
export async function replaceResult(database: Queryable, keyed: KeyedRequest, result: unknown): Promise<void> {
  await database.query("update idempotency set result = $3 where scope = $1 and key = $2", [
    keyed.scope,
    keyed.key,
    JSON.stringify(result),
  ]);
}

/** JSON with the keys of every object in order, so that equal requests are equal texts. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
