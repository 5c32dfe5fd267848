import { deepEqual } from "node:assert/strict";
import { systemClock } from "../../core/clock.ts";
import type { Database } from "../../database/database.ts";
import { eventually } from "../../testing/eventually.ts";
import type { Cleanup } from "../../testing/servers/postgres.ts";
import { testMessage } from "../../testing/suites/broker-under-test.ts";
import type { Broker } from "../brokers/broker.ts";
import { memoryBroker } from "../brokers/memory/memory-broker.ts";
import type { Message } from "../message.ts";
import { effects, type Happened, quiet, serviceDatabase, thingHappened } from "../messaging.fixture.ts";
import { type EventHandler, on } from "../messaging.ts";
import { type ConsumerOptions, startConsumer } from "./consumer.ts";

export const soon = { first: 5, most: 10 };
export const happened = (body: Happened, given: Partial<Message> = {}) =>
  testMessage({ key: body.thingId, body, ...given });

export const writeEffect: EventHandler<Happened> = async ({ thingId, number }, tx) => {
  await tx.query("insert into effect (thing_id, number) values ($1, $2)", [thingId, number]);
};

/** A consumer of things that happen, on a broker of its own. */
export async function consuming(
  t: Cleanup,
  handle: EventHandler<Happened> = writeEffect,
  options: Partial<ConsumerOptions> = {},
): Promise<{ database: Database; broker: Broker }> {
  const { database } = await serviceDatabase(t);
  const broker = memoryBroker();
  const stop = await startConsumer({
    consumer: "reader",
    database,
    broker,
    subscriptions: [on(thingHappened, handle)],
    clock: systemClock,
    log: quiet,
    backoff: soon,
    ...options,
  });
  t.after(async () => {
    await stop();
    await broker.close();
  });
  return { database, broker };
}

export const body = { thingId: "a", number: 1 };

export const inbox = async (database: Database) => (await database.query("select 1 from inbox")).length;
export const effectsBecome = (database: Database, ...numbers: number[]) =>
  eventually(async () => {
    deepEqual(
      (await effects(database)).map(({ number }) => number),
      numbers,
    );
    return true;
  });

export type Letter = {
  id: string;
  message_id: string;
  cause: string;
  stack: string;
  attempts: number;
  trace_id: string;
  message: Message;
};
export const deadLetters = (database: Database) =>
  database.query<Letter>("select * from dead_letter order by parked_at");
export const oneDeadLetter = (database: Database) => eventually(async () => (await deadLetters(database))[0]);
