import { deepEqual, equal } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { systemClock } from "../core/clock.ts";
import type { Database } from "../database/database.ts";
import { eventually } from "../testing/eventually.ts";
import { testDatabase } from "../testing/servers/postgres.ts";
import type { Broker } from "./brokers/broker.ts";
import { brokerMigrations } from "./brokers/postgres/migrate-broker.ts";
import { postgresBroker } from "./brokers/postgres/postgres-broker.ts";
import { startConsumer } from "./consumer/consumer.ts";
import { effects, type Happened, quiet, serviceDatabase, thingHappened } from "./messaging.fixture.ts";
import { type EventHandler, on, type Publish } from "./messaging.ts";
import { createPublish } from "./outbox/outbox.ts";
import { createRelay, type Relay } from "./outbox/relay.ts";

const surroundings = { clock: systemClock, log: quiet };

/** A service that publishes things and one that reads of them, over a real broker. */
async function publisherAndReader(
  t: TestContext,
): Promise<{ publisher: Database; reader: Database; connect: () => Promise<Broker> }> {
  const broker = await testDatabase(t, [brokerMigrations]);
  const [publisher, reader] = await Promise.all([serviceDatabase(t), serviceDatabase(t)]);
  const connect = async () => {
    const connection = await postgresBroker({ url: broker.url, ...surroundings, lease: 1_000 });
    t.after(() => connection.close());
    return connection;
  };
  return { publisher: publisher.database, reader: reader.database, connect };
}

/** Resolves with a function that stops the reader. */
function startReader(database: Database, broker: Broker, also?: EventHandler<Happened>): Promise<() => Promise<void>> {
  const handle: EventHandler<Happened> = async (body, tx, message) => {
    await tx.query("insert into effect (thing_id, number) values ($1, $2)", [body.thingId, body.number]);
    await also?.(body, tx, message);
  };
  return startConsumer({
    consumer: "reader",
    database,
    broker,
    subscriptions: [on(thingHappened, handle)],
    backoff: { first: 5, most: 10 },
    ...surroundings,
  });
}

function startPublisher(t: TestContext, database: Database, broker: Broker): { relay: Relay; publish: Publish } {
  const relay = createRelay({ database, broker, lease: 300, ...surroundings });
  relay.start();
  t.after(() => relay.stop());
  return { relay, publish: createPublish({ service: "things", onCommit: relay.wake }) };
}

const numbers = async (database: Database) => (await effects(database)).map(({ number }) => number);

describe("messaging, from commit to effect", () => {
  it("brings each event across once and in order, with several publishers, readers and random failures", async (t) => {
    const { publisher, reader, connect } = await publisherAndReader(t);
    let calls = 0;
    for (let replica = 0; replica < 2; replica++) {
      const stop = await startReader(reader, await connect(), async () => {
        calls += 1;
        if (calls % 7 === 0) throw new Error("every seventh attempt fails");
      });
      t.after(stop);
    }
    const things = ["a", "b", "c", "d", "e"];
    const publishers = [startPublisher(t, publisher, await connect()), startPublisher(t, publisher, await connect())];
    for (let number = 0; number < 30; number++) {
      const { publish } = publishers[number % 2] as { publish: Publish };
      await publisher.transaction(async (tx) => {
        for (const thingId of things) await publish(tx, thingHappened, { thingId, number });
      });
    }
    await eventually(async () => (await numbers(reader)).length === 150);
    const all = await effects(reader);
    for (const thing of things) {
      const seen = all.filter(({ thingId }) => thingId === thing).map(({ number }) => number);
      deepEqual(
        seen,
        Array.from({ length: 30 }, (_, number) => number),
      );
    }
    deepEqual(await reader.query("select 1 from dead_letter"), []);
  });
});

describe("messaging, after crashes", () => {
  it("has one effect of an event that was sent, confirmed and, after a crash, sent again", async (t) => {
    const { publisher, reader, connect } = await publisherAndReader(t);
    t.after(await startReader(reader, await connect()));
    const crashing: Database = {
      ...publisher,
      query: (text, values) =>
        text.includes("mark_sent") ? Promise.reject(new Error("crashed")) : publisher.query(text, values),
    };
    const crashed = startPublisher(t, crashing, await connect());
    await publisher.transaction((tx) => crashed.publish(tx, thingHappened, { thingId: "a", number: 1 }));
    await eventually(async () => (await numbers(reader)).length === 1);
    await crashed.relay.stop();
    const sound = startPublisher(t, publisher, await connect());
    await publisher.transaction((tx) => sound.publish(tx, thingHappened, { thingId: "a", number: 2 }));
    await eventually(async () => (await numbers(reader)).length === 2);
    deepEqual(await numbers(reader), [1, 2]);
    equal((await publisher.query("select 1 from outbox where sent_at is null")).length, 0);
  });

  it("has one effect of a message whose reader crashed between its commit and saying so", async (t) => {
    const { publisher, reader, connect } = await publisherAndReader(t);
    const crashing = await connect();
    const silent: Broker = {
      ...crashing,
      subscribe: (subscription) =>
        crashing.subscribe({
          ...subscription,
          async handle(delivery) {
            await subscription.handle(delivery);
            return new Promise(() => {});
          },
        }),
    };
    await startReader(reader, silent);
    const { publish } = startPublisher(t, publisher, await connect());
    await publisher.transaction((tx) => publish(tx, thingHappened, { thingId: "a", number: 1 }));
    await eventually(async () => (await numbers(reader)).length === 1);
    await crashing.close();
    t.after(await startReader(reader, await connect()));
    await publisher.transaction((tx) => publish(tx, thingHappened, { thingId: "a", number: 2 }));
    await eventually(async () => (await numbers(reader)).length === 2);
    deepEqual(await numbers(reader), [1, 2]);
  });
});
