import { deepEqual, equal, match, ok } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it, type TestContext } from "node:test";
import { Type } from "typebox";
import { event } from "../contract/event.ts";
import { Fields, Id } from "../contract/schema.ts";
import { systemClock } from "../core/clock.ts";
import { unavailable } from "../core/failure.ts";
import type { Database } from "../database/database.ts";
import { eventually } from "../testing/eventually.ts";
import type { Broker, Published } from "./broker.ts";
import type { Message } from "./message.ts";
import { messageRefused } from "./message-refused.ts";
import { type Happened, quiet, serviceDatabase, takingBroker, thingHappened } from "./messaging.fixture.ts";
import { createPublish } from "./outbox.ts";
import { createRelay, type Relay, type RelayOptions } from "./relay.ts";

const soon = { first: 10, most: 20 };
const bodies = (messages: readonly Message[]) => messages.map(({ body }) => body as Happened);
const confirmAll = (messages: readonly Message[]): Published[] => messages.map(() => "confirmed");

function startRelay(t: TestContext, database: Database, broker: Broker, options: Partial<RelayOptions> = {}): Relay {
  const relay = createRelay({ database, broker, clock: systemClock, log: quiet, interval: 20, ...options });
  relay.start();
  t.after(() => relay.stop());
  return relay;
}

const publish = createPublish({ service: "things", onCommit: () => {} });

const publishAll = (database: Database, ...all: Happened[]) =>
  database.transaction(async (tx) => {
    for (const body of all) await publish(tx, thingHappened, body);
  });

const unsent = (database: Database) =>
  database.query<{ attempts: number; parked: boolean; cause: string | null }>(
    "select attempts, parked_at is not null as parked, cause from outbox where sent_at is null order by seq",
  );

const numbersOf = (sent: readonly Happened[]) => sent.map(({ number }) => number);

describe("relay", () => {
  it("sends at once when woken, and marks what was confirmed", async (t) => {
    const { database } = await serviceDatabase(t);
    const sent: Message[] = [];
    const broker = takingBroker(async (messages) => {
      sent.push(...messages);
      return confirmAll(messages);
    });
    const relay = startRelay(t, database, broker, { interval: 3_600_000 });
    const waking = createPublish({ service: "things", onCommit: relay.wake });
    await database.transaction((tx) => waking(tx, thingHappened, { thingId: "a", number: 1 }));
    await eventually(() => sent.length === 1);
    await eventually(async () => (await unsent(database)).length === 0);
  });

  it("sends both events when the one that came first into the outbox is committed last", async (t) => {
    const { database } = await serviceDatabase(t);
    const sent: Happened[] = [];
    const broker = takingBroker(async (messages) => {
      sent.push(...bodies(messages));
      return confirmAll(messages);
    });
    startRelay(t, database, broker);
    await database.transaction(async (tx) => {
      await publish(tx, thingHappened, { thingId: "a", number: 1 });
      await publishAll(database, { thingId: "b", number: 2 });
      await eventually(() => sent.length === 1);
    });
    await eventually(() => sent.length === 2);
    deepEqual(numbersOf(sent), [2, 1]);
  });

  it("keeps the order of each key over two relays that send small batches at the same time", async (t) => {
    const { database } = await serviceDatabase(t);
    const sent = new Map<string, number[]>();
    let total = 0;
    const broker = takingBroker(async (messages) => {
      // Batches overtake each other: the first of three takes longest.
      for (let turns = total % 3; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
      for (const { thingId, number } of bodies(messages)) sent.set(thingId, [...(sent.get(thingId) ?? []), number]);
      total += messages.length;
      return confirmAll(messages);
    });
    const keys = [..."abcdefg"];
    const numbers = Array.from({ length: 40 }, (_, number) => number);
    const relays = [1, 2].map(() => startRelay(t, database, broker, { batch: 5 }));
    for (const number of numbers) {
      await publishAll(database, ...keys.map((thingId) => ({ thingId, number })));
      for (const relay of relays) relay.wake();
    }
    await eventually(() => total >= keys.length * numbers.length);
    for (const key of keys) deepEqual(sent.get(key), numbers);
  });

  it("sends what is left when it is stopped", async (t) => {
    const { database } = await serviceDatabase(t);
    let sent = 0;
    const broker = takingBroker(async (messages) => {
      sent += messages.length;
      return confirmAll(messages);
    });
    const relay = startRelay(t, database, broker, { interval: 3_600_000, batch: 3 });
    await publishAll(database, ...Array.from({ length: 10 }, (_, number) => ({ thingId: "a", number })));
    await relay.stop();
    equal(sent, 10);
    deepEqual(await unsent(database), []);
  });
});

describe("relay, after failures", () => {
  it("sends again what was confirmed but not marked", async (t) => {
    const { database } = await serviceDatabase(t);
    const sent: string[] = [];
    const broker = takingBroker(async (messages) => {
      sent.push(...messages.map(({ id }) => id));
      return confirmAll(messages);
    });
    const crashing: Database = {
      ...database,
      query: (text, values) =>
        text.includes("mark_sent") ? Promise.reject(new Error("crashed")) : database.query(text, values),
    };
    await publishAll(database, { thingId: "a", number: 1 });
    const crashed = startRelay(t, crashing, broker, { lease: 200 });
    await eventually(() => sent.length === 1);
    await crashed.stop();
    startRelay(t, database, broker);
    await eventually(async () => (await unsent(database)).length === 0);
    ok(sent.length >= 2);
    equal(new Set(sent).size, 1);
  });

  it("waits for a broker that is away, without counting attempts", async (t) => {
    const { database } = await serviceDatabase(t);
    let tries = 0;
    const broker = takingBroker(async (messages) => {
      tries += 1;
      if (tries <= 4) throw unavailable.failure();
      return confirmAll(messages);
    });
    await publishAll(database, { thingId: "a", number: 1 });
    startRelay(t, database, broker, { attempts: 2 });
    await eventually(() => tries >= 2);
    deepEqual(
      (await unsent(database)).map(({ attempts, parked }) => ({ attempts, parked })),
      [{ attempts: 0, parked: false }],
    );
    await eventually(async () => (await unsent(database)).length === 0);
  });
});

describe("relay, when the broker is of no use", () => {
  const reasons: [string, () => Published][] = [
    [
      "it throws an error that nobody knows",
      () => {
        throw new Error("relation does not exist");
      },
    ],
    ["it has no place for a message", () => ({ failed: "no queue", held: true })],
  ];
  for (const [what, answer] of reasons) {
    it(`parks nothing and lets nothing of a key overtake, however often ${what}`, async (t) => {
      const { database } = await serviceDatabase(t);
      let tries = 0;
      const sent: Happened[] = [];
      const broker = takingBroker(async (messages) => {
        const isBad = messages.some(({ key }) => key === "a") && ++tries <= 6;
        if (isBad) return messages.map(answer);
        sent.push(...bodies(messages));
        return confirmAll(messages);
      });
      await publishAll(database, { thingId: "a", number: 1 }, { thingId: "a", number: 2 });
      startRelay(t, database, broker, { attempts: 2, backoff: soon });
      await eventually(() => sent.length === 2);
      deepEqual(numbersOf(sent), [1, 2]);
      deepEqual(await unsent(database), []);
    });
  }

  it("sends less at once after it took too long, and holds the one that is too much by itself while others leave", async (t) => {
    const { database } = await serviceDatabase(t);
    const sizes: number[] = [];
    const sent = new Set<number>();
    const broker = takingBroker(async (messages) => {
      sizes.push(messages.length);
      const isTooMuch = messages.length > 4 || bodies(messages).some(({ number }) => number === 13);
      if (isTooMuch) throw unavailable.failure({ cause: await statementTimeout(database) });
      for (const { number } of bodies(messages)) sent.add(number);
      return confirmAll(messages);
    });
    await publishAll(database, ...Array.from({ length: 40 }, (_, number) => ({ thingId: `thing-${number}`, number })));
    startRelay(t, database, broker, { attempts: 1, backoff: { first: 20, most: 20 } });
    await eventually(() => sent.size === 39);
    deepEqual(
      (await unsent(database)).map(({ attempts, parked }) => ({ attempts, parked })),
      [{ attempts: 0, parked: false }],
    );
  });

  it("takes no more than some megabytes at once, and sends them all", async (t) => {
    const { database } = await serviceDatabase(t);
    const large = event("thing.told", { key: "id", body: Fields({ id: Id, text: Type.String() }) });
    const text = randomBytes(500_000).toString("hex");
    for (let part = 0; part < 4; part++) {
      await database.transaction(async (tx) => {
        for (let number = 0; number < 10; number++) await publish(tx, large, { id: `${part}-${number}`, text });
      });
    }
    const batches: number[] = [];
    const broker = takingBroker(async (messages) => {
      batches.push(messages.length);
      return confirmAll(messages);
    });
    startRelay(t, database, broker);
    await eventually(async () => (await unsent(database)).length === 0);
    ok(Math.max(...batches) <= 9, `${batches}`);
    equal(
      batches.reduce((sum, each) => sum + each),
      40,
    );
  });
});

/** What PostgreSQL says when a statement took too long. */
const statementTimeout = (database: Database) =>
  database
    .transaction(async (tx) => {
      await tx.query("set local statement_timeout = 1");
      await tx.query("select pg_sleep(1)");
    })
    .then(
      () => undefined,
      (error: Error) => error.cause,
    );

describe("relay, with events that can't be sent", () => {
  it("parks what the broker refuses, with the cause; its key waits until then, other keys do not", async (t) => {
    const { database } = await serviceDatabase(t);
    const sent: Happened[] = [];
    let refusals = 0;
    const broker = takingBroker(async (messages) => {
      const refused = messages.some(({ key }) => key === "bad" && refusals < 3);
      if (refused) refusals += 1;
      const results = messages.map(
        ({ key }): Published => (key === "bad" && refused ? { failed: "nobody wants it" } : "confirmed"),
      );
      sent.push(...bodies(messages.filter((_, index) => results[index] === "confirmed")));
      return results;
    });
    await publishAll(
      database,
      { thingId: "bad", number: 1 },
      { thingId: "bad", number: 2 },
      { thingId: "good", number: 3 },
    );
    startRelay(t, database, broker, { attempts: 3, backoff: soon });
    await eventually(() => sent.length === 2);
    deepEqual(numbersOf(sent), [3, 2]);
    await eventually(async () => (await unsent(database)).length === 1);
    deepEqual(await unsent(database), [{ attempts: 3, parked: true, cause: "nobody wants it" }]);
  });

  it("finds the event that spoils a batch, and sends the others, those with its key after it is parked", async (t) => {
    const { database } = await serviceDatabase(t);
    const seen: unknown[] = [];
    const broker = takingBroker(async (messages) => {
      const spoilt = bodies(messages).some(({ number }) => number === 2);
      if (spoilt && messages.length === 1) seen.push("2 failed");
      if (spoilt) throw messageRefused.failure({ cause: new Error("can't be written down") });
      seen.push(...numbersOf(bodies(messages)));
      return confirmAll(messages);
    });
    await publishAll(
      database,
      { thingId: "a", number: 1 },
      { thingId: "bad", number: 2 },
      { thingId: "b", number: 3 },
      { thingId: "bad", number: 4 },
    );
    startRelay(t, database, broker, { attempts: 2, backoff: soon });
    await eventually(() => seen.includes(4));
    deepEqual(seen, [1, "2 failed", 3, "2 failed", 4]);
    match((await unsent(database))[0]?.cause ?? "", /can't be written down/);
  });
});
