import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { Failure } from "../core/failure/failure.ts";
import type { Database, Transaction } from "./database.ts";

/** A folder of migrations, `0001_name.sql` and up, applied in the order of their names. */
export type MigrationSet = { name: string; folder: URL };

/**
 * Brings the database up to date, each file in a transaction of its own, once. Safe to run by several replicas at the same
 * time. Throws when a file that has been applied was changed or is gone.
 */
export async function migrate(database: Database, sets: readonly MigrationSet[]): Promise<void> {
  await database.transaction(async (tx) => {
    await lock(tx);
    await tx.query(`create table if not exists migration (
      set text not null, file text not null, hash text not null, applied_at timestamptz not null default now(),
      primary key (set, file))`);
  }, AFTER_THE_LOCK);
  for (const set of sets) await applySet(database, set);
}

async function applySet(database: Database, set: MigrationSet): Promise<void> {
  const files = (await readdir(set.folder)).filter((file) => file.endsWith(".sql")).sort();
  const applied = await database.query<{ file: string }>("select file from migration where set = $1", [set.name]);
  const gone = applied.find(({ file }) => !files.includes(file));
  if (gone)
    throw new Error(
      `migration ${set.name}/${gone.file} was applied but its file is gone: put it back, or delete the database if its data may go`,
    );
  for (const file of files) {
    const sql = await readFile(new URL(file, set.folder), "utf8");
    await database.transaction((tx) => applyFile(tx, set.name, file, sql), AFTER_THE_LOCK);
  }
}

async function applyFile(tx: Transaction, set: string, file: string, sql: string): Promise<void> {
  await lock(tx);
  const hash = createHash("sha256").update(sql).digest("hex");
  const [applied] = await tx.query<{ hash: string }>("select hash from migration where set = $1 and file = $2", [
    set,
    file,
  ]);
  if (applied && applied.hash !== hash) {
    const how = "put it back as it was and write the change into a new file, or delete the database if its data may go";
    throw new Error(`migration ${set}/${file} was changed after it had been applied: ${how}`);
  }
  if (applied) return;
  await tx.query(sql).catch((cause: unknown) => {
    if (cause instanceof Failure) throw cause;
    throw new Error(`migration ${set}/${file} failed: ${(cause as Error).message}`, { cause });
  });
  await tx.query("insert into migration (set, file, hash) values ($1, $2, $3)", [set, file, hash]);
}

/** What others did before they let go of the lock has to be seen, so the view must not be older than the lock. */
const AFTER_THE_LOCK = { isolation: "read committed" } as const;

/** One replica migrates, the others wait; the number is arbitrary but must never change. */
const lock = (tx: Transaction) => tx.query("select pg_advisory_xact_lock(7305192)");
