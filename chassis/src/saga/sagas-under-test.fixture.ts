import { systemClock } from "../core/clock.ts";
import type { Database } from "../database/database.ts";
import { createLog } from "../telemetry/log.ts";
import { eventually } from "../testing/eventually.ts";
import { type Cleanup, testDatabase } from "../testing/postgres.ts";
import type { AnySaga, Saga } from "./saga.ts";
import { createSagaRunner, type SagaRunner, type SagaRunnerOptions } from "./saga-runner.ts";
import { createStartSaga } from "./start-saga.ts";

/** A database with the tables of sagas, and `effect`, into which local steps may write what they did. */
export async function sagaDatabase(t: Cleanup): Promise<Database> {
  const { database } = await testDatabase(t, [{ name: "saga", folder: new URL("migrations/", import.meta.url) }]);
  await database.query("create table effect (what text not null)");
  return database;
}

/** One process that runs sagas. */
export type Replica = Pick<SagaRunner, "stop" | "wake"> & {
  /** Begins to run what was and will be started. */
  begin(): void;
  /** Starts sagas in one transaction, each by its key; they are run here. */
  start<Input extends object>(saga: Saga<Input>, inputs: Record<string, Input>): Promise<void>;
};

/** Makes a process that runs `sagas`. It begins when it is told to, and stops when the test ends. */
export function replica(
  t: Cleanup,
  database: Database,
  owner: string,
  sagas: readonly AnySaga[],
  options: Partial<SagaRunnerOptions> = {},
): Replica {
  const log = createLog({ service: "test", level: "silent" });
  const runner = createSagaRunner({ database, sagas, clock: systemClock, log, owner, pollInterval: 50, ...options });
  const startSaga = createStartSaga({ owner, onCommit: (instance) => runner.run(instance) });
  t.after(() => runner.stop());
  return {
    begin: () => runner.start(),
    wake: () => runner.wake(),
    stop: () => runner.stop(),
    start: (saga, inputs) =>
      database.transaction(async (tx) => {
        for (const [key, input] of Object.entries(inputs)) await startSaga(tx, saga, { key, input });
      }),
  };
}

/** Resolves when so many sagas have come to their end. */
export const untilEnded = (database: Database, count: number): Promise<true> =>
  eventually(async () => (await database.query("select 1 from saga where ended_at is not null")).length === count);

/** What local steps have written, in alphabetical order. */
export const effects = async (database: Database): Promise<string[]> =>
  (await database.query<{ what: string }>("select what from effect order by what")).map(({ what }) => what);
