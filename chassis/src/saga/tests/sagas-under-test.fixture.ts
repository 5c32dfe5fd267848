import { type Static, Type } from "typebox";
import { systemClock } from "../../core/clock.ts";
import { refusal } from "../../core/failure/failure.ts";
import type { Database, Transaction } from "../../database/database.ts";
import { createLog } from "../../telemetry/log.ts";
import { eventually } from "../../testing/eventually.ts";
import { type Cleanup, type TestDatabase, testDatabase } from "../../testing/servers/postgres.ts";
import { type AnySaga, type Saga, type StepContext, saga } from "../definition/saga.ts";
import { createSagaRunner, type SagaRunner, type SagaRunnerOptions } from "../runner/saga-runner.ts";
import { createStartSaga } from "../runner/start-saga.ts";

/** What the sagas of these tests begin with. */
export const Order = Type.Object({ orderId: Type.String() });
export type Order = Static<typeof Order>;

export const declined = refusal("declined", 409, "Declined");

/** A saga that charges in another service, as the test says, and confirms or rejects the order here. */
export const sellBy = (charge: (order: Order, context: StepContext) => Promise<void>) =>
  saga("sell", Order)
    .step("charge", { do: charge, undo: async () => {}, refuses: [declined] })
    .pivot("confirm", { within: (tx, { orderId }) => note(tx, `confirmed ${orderId}`) })
    .fails((tx, { orderId }, reason) => note(tx, `rejected ${orderId}: ${reason}`));

/** Leaves an effect that a test can see. */
export const note = async (tx: Transaction, what: string): Promise<void> =>
  void (await tx.query("insert into effect values ($1)", [what]));

/** A database with the tables of sagas, and one of effects. */
export async function sagaDatabase(t: Cleanup): Promise<TestDatabase> {
  const made = await testDatabase(t, [{ name: "saga", folder: new URL("../migrations/", import.meta.url) }]);
  await made.database.query("create table effect (what text not null)");
  return made;
}

/** One process that runs sagas. */
export type Replica = Pick<SagaRunner, "stop" | "wake"> & {
  /** Begins to run what was and will be started. */
  begin(): void;
  /** Starts a saga for each order, in one transaction; they are run here. */
  start(saga: Saga<Order>, ...orderIds: string[]): Promise<void>;
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
    start: (saga, ...orderIds) =>
      database.transaction(async (tx) => {
        for (const orderId of orderIds) await startSaga(tx, saga, { key: orderId, input: { orderId } });
      }),
  };
}

/** Resolves when so many sagas have come to their end. */
export const untilEnded = (database: Database, count: number): Promise<true> =>
  eventually(async () => (await database.query("select 1 from saga where ended_at is not null")).length === count);

/** What local steps have written, in alphabetical order. */
export const effects = async (database: Database): Promise<string[]> =>
  (await database.query<{ what: string }>("select what from effect order by what")).map(({ what }) => what);
