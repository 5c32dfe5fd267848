import { deepEqual, notDeepEqual } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import amqplib from "amqplib";
import { systemClock } from "../../core/clock.ts";
import { newId } from "../../core/id.ts";
import type { Database, Transaction } from "../../database/database.ts";
import { eventually } from "../../testing/eventually.ts";
import { rabbitmqMissing, rabbitmqNode } from "../../testing/servers/rabbitmq.ts";
import { testMessage } from "../../testing/suites/broker-under-test.ts";
import type { Broker } from "../brokers/broker.ts";
import { type MemoryQueues, memoryBroker } from "../brokers/memory/memory-broker.ts";
import { PARTITIONS } from "../brokers/rabbitmq/names.ts";
import { rabbitmqBroker } from "../brokers/rabbitmq/rabbitmq-broker.ts";
import { startConsumer } from "../consumer/consumer.ts";
import type { Message } from "../message.ts";
import { type Happened, quiet, serviceDatabase, thingHappened } from "../messaging.fixture.ts";
import { type EventHandler, on } from "../messaging.ts";
import { createPublish } from "../outbox/outbox.ts";
import { createRelay } from "../outbox/relay.ts";
import { faultsOf, makeEffects, sound, witness } from "./witnesses.fixture.ts";

/*
 * Each scenario runs twice: with the parts as they are, and with one that breaks a rule. The first shows that the rule is kept, the second
 * that the witnesses would notice if it were not.
 */

const around = { clock: systemClock, log: quiet };
const publish = createPublish({ service: "things", onCommit: () => {} });

async function databases(t: TestContext) {
  const [publisher, reader] = [(await serviceDatabase(t)).database, (await serviceDatabase(t)).database];
  await makeEffects(reader);
  return { publisher, reader };
}

const commit = (database: Database, thingId: string, number: number) =>
  database.transaction((tx) => publish(tx, thingHappened, { thingId, number }));

function relaying(t: TestContext, database: Database, broker: Broker) {
  const relay = createRelay({ database, broker, ...around, interval: 20, backoff: { first: 10, most: 20 } });
  relay.start();
  t.after(() => relay.stop());
}

const reading = (database: Database, broker: Broker, handle: EventHandler<Happened> = witness) =>
  startConsumer({
    consumer: "reader",
    database,
    broker,
    subscriptions: [on(thingHappened, handle)],
    backoff: { first: 5, most: 10 },
    ...around,
  });

const effectsOf = async (reader: Database) => (await reader.query("select 1 from witnessed")).length;

/** Waits for what should happen. A spoilt one is not given long: what it has lost never comes. */
async function settle(reader: Database, count: number, spoilt: boolean): Promise<void> {
  const arrived = eventually(async () => (await effectsOf(reader)) >= count);
  if (spoilt) await Promise.race([arrived.catch(() => {}), systemClock.sleep(1_000)]);
  else await arrived;
}

/** Hands every message over three times. */
const thrice = (broker: Broker): Broker => ({
  ...broker,
  subscribe: (subscription) =>
    broker.subscribe({
      ...subscription,
      async handle(delivery) {
        await subscription.handle(delivery);
        await subscription.handle(delivery);
        return subscription.handle(delivery);
      },
    }),
});

/** A database in which the inbox knows nobody. */
const withoutInbox = (database: Database): Database => ({
  ...database,
  transaction: (work) =>
    database.transaction((tx) => {
      const forgetful: Transaction = {
        ...tx,
        query: <Row extends object>(text: string, values?: readonly unknown[]) =>
          text.includes("insert into inbox")
            ? tx.query<Row>("select unnest($1::uuid[]) as id", [values?.[0]])
            : tx.query<Row>(text, values),
      };
      return work(forgetful);
    }),
});

/** Says that it is done before it is. */
const hasty = (broker: Broker): Broker => ({
  ...broker,
  subscribe: (subscription) =>
    broker.subscribe({
      ...subscription,
      async handle(delivery) {
        void subscription.handle(delivery);
        return "done";
      },
    }),
});

/** A relay's database that goes by "seq > last seen". */
function bySequence(database: Database): Database {
  let last = 0;
  return {
    ...database,
    async query<Row extends object>(text: string, values?: readonly unknown[]) {
      if (!text.includes("claim_outbox")) return database.query<Row>(text, values);
      const found = await database.query<{ seq: number; message: Message; attempts: number }>(
        "select seq, message, attempts from outbox where seq > $1 order by seq limit $2",
        [last, values?.[0]],
      );
      last = found.at(-1)?.seq ?? last;
      return found as unknown as Row[];
    },
  };
}

async function everyMessageThrice(t: TestContext, spoil: (reader: Database) => Database) {
  const { publisher, reader } = await databases(t);
  const broker = memoryBroker();
  t.after(await reading(spoil(reader), thrice(broker)));
  relaying(t, publisher, broker);
  for (let number = 1; number <= 5; number++) await commit(publisher, "a", number);
  await eventually(async () => (await effectsOf(reader)) >= 5);
  return faultsOf(publisher, reader);
}

async function readerDiesBeforeItsCommit(t: TestContext, spoil?: (broker: Broker) => Broker) {
  const { publisher, reader } = await databases(t);
  const queues: MemoryQueues = new Map();
  const [dying, sending] = [memoryBroker({ queues }), memoryBroker({ queues })];
  const [begun, died] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await reading(reader, spoil ? spoil(dying) : dying, async () => {
    begun.resolve();
    await died.promise;
    throw new Error("killed");
  });
  relaying(t, publisher, sending);
  await commit(publisher, "a", 1);
  await begun.promise;
  // One turn, in which a hasty one has said that it is done.
  await new Promise((resolve) => setImmediate(resolve));
  await dying.close();
  died.resolve();
  t.after(await reading(reader, memoryBroker({ queues })));
  await commit(publisher, "b", 1);
  await eventually(async () => (await effectsOf(reader)) >= 1);
  await settle(reader, 2, spoil !== undefined);
  return faultsOf(publisher, reader);
}

async function firstInLastCommitted(t: TestContext, spoil?: (publisher: Database) => Database) {
  const { publisher, reader } = await databases(t);
  const broker = memoryBroker();
  t.after(await reading(reader, broker));
  relaying(t, spoil ? spoil(publisher) : publisher, broker);
  await publisher.transaction(async (tx) => {
    await publish(tx, thingHappened, { thingId: "a", number: 1 });
    await commit(publisher, "b", 1);
    await eventually(async () => (await effectsOf(reader)) === 1);
  });
  await commit(publisher, "c", 1);
  await eventually(async () => (await effectsOf(reader)) >= 2);
  await settle(reader, 3, spoil !== undefined);
  return faultsOf(publisher, reader);
}

describe("when every message comes three times", () => {
  it("each has one effect", async (t) => deepEqual(await everyMessageThrice(t, (reader) => reader), sound));
  it("without an inbox it is noticed", async (t) =>
    notDeepEqual((await everyMessageThrice(t, withoutInbox)).double, []));
});

describe("when the reader dies before its commit", () => {
  it("its message comes again", async (t) => deepEqual(await readerDiesBeforeItsCommit(t), sound));
  it("with an acknowledgement before the commit it is noticed", async (t) =>
    notDeepEqual((await readerDiesBeforeItsCommit(t, hasty)).lost, []));
});

describe("when the event that came first into the outbox is committed last (F-20)", () => {
  it("all arrive", async (t) => deepEqual(await firstInLastCommitted(t), sound));
  it("with a relay that goes by its last number it is noticed", async (t) =>
    notDeepEqual((await firstInLastCommitted(t, bySequence)).lost, []));
});

async function queueIsDeleted(t: TestContext, spoilt?: "unrouted as well") {
  const { publisher, reader } = await databases(t);
  const node = await rabbitmqNode();
  const exchange = `planted-${newId()}`;
  const connect = async () => {
    const broker = await rabbitmqBroker({ url: `${node.url}?exchange=${exchange}`, ...around });
    t.after(() => broker.close());
    return broker;
  };
  const sending = await connect();
  await sending.declare(new Map([["thing.happened", ["reader"]]]));
  await sending.publish([testMessage({ type: "thing.begun" })]);
  const raw = await amqplib.connect(node.url);
  t.after(() => raw.close());
  const channel = await raw.createChannel();
  for (let partition = 0; partition < PARTITIONS; partition++) {
    await channel.deleteQueue(`${exchange}.reader.${partition}`);
  }
  if (spoilt) await channel.deleteQueue(`${exchange}.reader.unrouted`);
  for (let number = 1; number <= 3; number++) await commit(publisher, "a", number);
  relaying(t, publisher, sending);
  await eventually(async () => (await publisher.query("select 1 from outbox where sent_at is null")).length === 0);
  t.after(await reading(reader, await connect()));
  await commit(publisher, "b", 1);
  await eventually(async () => (await reader.query("select 1 from witnessed where thing_id = 'b'")).length === 1);
  await settle(reader, 4, spoilt !== undefined);
  return faultsOf(publisher, reader);
}

describe("when a queue is deleted before anything is published (F-07)", { skip: rabbitmqMissing }, () => {
  it("what had no place waits beside it", async (t) => deepEqual(await queueIsDeleted(t), sound));
  it("without that place it is noticed", async (t) =>
    notDeepEqual((await queueIsDeleted(t, "unrouted as well")).lost, []));
});
