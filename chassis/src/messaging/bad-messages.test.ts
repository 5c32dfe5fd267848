import { deepEqual } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { systemClock } from "../core/clock.ts";
import { testMessage } from "../testing/broker-under-test.ts";
import { eventually } from "../testing/eventually.ts";
import { testDatabase } from "../testing/postgres.ts";
import type { Broker } from "./broker.ts";
import { startConsumer } from "./consumer.ts";
import { memoryBroker } from "./memory-broker.ts";
import type { Message } from "./message.ts";
import { effects, quiet, serviceDatabase, thingHappened } from "./messaging.fixture.ts";
import { on } from "./messaging.ts";
import { brokerMigrations } from "./migrate-broker.ts";
import { postgresBroker } from "./postgres-broker.ts";

/*
 * What somebody puts into a broker past the publisher. What RabbitMQ lets in besides (no JSON, other content types, 10 MB) is in
 * rabbitmq/rabbitmq-faults.test.ts.
 */

type Stuffed = { broker: Broker /** Puts something in as it is. */; stuff(what: unknown): Promise<unknown> };

async function onMemory(): Promise<Stuffed> {
  const broker = memoryBroker();
  await broker.declare(new Map([["thing.happened", ["reader"]]]));
  // The queue takes what has its type, whatever else it is.
  return { broker, stuff: (what) => broker.publish([what as Message]) };
}

async function onPostgres(t: TestContext): Promise<Stuffed> {
  const { url, database } = await testDatabase(t, [brokerMigrations]);
  const broker = await postgresBroker({ url, clock: systemClock, log: quiet, interval: 20 });
  t.after(() => broker.close());
  let count = 0;
  const stuff = (what: unknown) =>
    database.query("insert into delivery (consumer, message_id, lane, message) values ('reader', $1, $1, $2)", [
      `stuffed ${++count}`,
      JSON.stringify(what),
    ]);
  return { broker, stuff };
}

const sound = (number: number) => testMessage({ key: "a", body: { thingId: "a", number } });
const deep = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels));

const bad: readonly [unknown, string][] = [
  [{ ...sound(1), id: undefined }, "/id must be a text"],
  [{ ...sound(1), id: 7 }, "/id must be a text"],
  [{ ...sound(1), id: "not a uuid" }, "/id must be a UUID"],
  [{ ...sound(1), version: "1" }, "/version must be a whole number"],
  [{ ...sound(1), version: 2 }, "/version 2 is not known"],
  [{ ...sound(1), body: { thingId: "a", number: "1" } }, "/number must be integer"],
  [{ ...sound(1), body: null }, "must be object"],
  [{ ...sound(1), body: deep(100) }, "it is nested deeper than 64"],
];

for (const [name, make] of [
  ["memory", onMemory],
  ["postgres", onPostgres],
] as const) {
  describe(`a consumer on the ${name} broker, with what is no message of ours`, () => {
    it("parks it with the cause, and the rest flows on", async (t) => {
      const { database } = await serviceDatabase(t);
      const { broker, stuff } = await make(t);
      const write = on(thingHappened, async ({ thingId, number }, tx) => {
        await tx.query("insert into effect (thing_id, number) values ($1, $2)", [thingId, number]);
      });
      const options = { consumer: "reader", subscriptions: [write], clock: systemClock, log: quiet };
      t.after(await startConsumer({ ...options, database, broker }));
      for (const [what] of bad) await stuff(what);
      await broker.publish([sound(2)]);
      await eventually(async () => (await effects(database)).length === 1);
      const causes = async () =>
        (await database.query<{ cause: string }>("select cause from dead_letter")).map(({ cause }) => cause);
      await eventually(async () => (await causes()).length === bad.length);
      const all = await causes();
      const missing = bad.filter(([, cause]) => !all.some((each) => each.includes(cause))).map(([, cause]) => cause);
      deepEqual(missing, [], all.join("\n"));
    });
  });
}
