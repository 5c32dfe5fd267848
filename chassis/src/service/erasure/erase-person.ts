import type { Event } from "../../contract/event.ts";
import type { Database, Queryable, Transaction } from "../../database/database.ts";
import type { AnySaga } from "../../saga/definition/saga.ts";
import type { Log } from "../../telemetry/log.ts";
import { type Worker, worker } from "../worker.ts";
import { eraseMessages } from "./erase-messages.ts";
import { type Erasure, eraseRows } from "./erase-rows.ts";
import { eraseSagas } from "./erase-sagas.ts";
import { dueErasures, noteErasure, putOffErasures } from "./erasure-store.ts";
import { pagesAbout, type Searched } from "./pages.ts";

/**
 * Has everything erased that tells who a person is, soon after the transaction commits: the service's own rows (`erases`), and what the chassis keeps: events sent or parked, dead
 * letters, ended sagas, answers to idempotency keys. `subject` is the person's id, which itself stays. It is looked for again until no message of before can come any more.
 */
export type ErasePerson = (tx: Transaction, subject: string) => Promise<void>;

/** Where a service has what tells of people. */
export type Erased = {
  readonly events: readonly Event[];
  readonly sagas: readonly AnySaga[];
  readonly rows: readonly Erasure[];
  /** Days after which nothing of before can come any more. */
  readonly days: number;
};

const INTERVAL = 5_000;
/** Seconds until people are looked for again: when something was left to be done, and when nothing was. */
const SOON = 2;
const LATER = 3_600;

/** Makes what erases, and the worker that does it. */
export function erasePeople(
  database: Database,
  log: Log,
  erased: () => Erased,
): { erase: ErasePerson; worker: Worker } {
  const erasing = worker("erase personal data", INTERVAL, async () => {
    const subjects = await dueErasures(database);
    if (subjects.length === 0) return false;
    const isLeft = await eraseAll(database, erased(), subjects);
    await putOffErasures(database, subjects, { seconds: isLeft ? SOON : LATER, days: erased().days });
    if (!isLeft) log.debug({ people: subjects.length }, "personal data was erased");
    return subjects.length === MOST;
  });
  return {
    worker: erasing,
    async erase(tx, subject) {
      await noteErasure(tx, subject);
      tx.afterCommit(() => erasing.wake());
    },
  };
}

/** People whom a round looks for. */
const MOST = 100;

async function eraseAll(
  database: Queryable,
  { events, sagas, rows }: Erased,
  subjects: readonly string[],
): Promise<boolean> {
  // One after the other: it has time, and one connection is enough.
  const left = [await eraseMessages(database, events, subjects), await eraseSagas(database, sagas, subjects)];
  for (const each of rows) for (const subject of subjects) left.push(await eraseRows(database, each, subject));
  await forgetResults(database, subjects);
  return left.includes(true);
}

const results: Searched = {
  table: "idempotency",
  key: { scope: "text", key: "text" },
  text: "(scope || coalesce(result::text, ''))",
  columns: [],
};

/** Answers that repeats would get: those who are gone repeat nothing. */
async function forgetResults(database: Queryable, subjects: readonly string[]): Promise<void> {
  for await (const page of pagesAbout<{ scope: string; key: string }>(database, results, subjects)) {
    await database.query(
      "delete from idempotency where (scope, key) in (select scope, key from json_to_recordset($1) as given (scope text, key text))",
      [JSON.stringify(page)],
    );
  }
}
