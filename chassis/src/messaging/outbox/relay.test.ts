import { deepEqual, equal, match, ok } from "node:assert/strict";
import { describe, it } from "node:test";
import { unavailable } from "../../core/failure/failure.ts";
import type { Database } from "../../database/database.ts";
import { eventually } from "../../testing/eventually.ts";
import { fakeClock } from "../../testing/fake-clock.ts";
import type { Published } from "../brokers/broker.ts";
import { messageRefused } from "../brokers/message-refused.ts";
import type { Message } from "../message.ts";
import { type Happened, serviceDatabase, takingBroker, thingHappened } from "../messaging.fixture.ts";
import { createPublish } from "./outbox.ts";
import { bodies, confirmAll, numbersOf, publish, publishAll, soon, startRelay, unsent } from "./relay.fixture.ts";

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

describe("a relay at rest", () => {
  it("sends what came while it was busy together, after a rest, and looks again for what another relay held", async (t) => {
    const { database } = await serviceDatabase(t);
    const clock = fakeClock();
    const batches: Happened[][] = [];
    const broker = takingBroker(async (messages) => {
      batches.push(bodies(messages));
      await clock.advance(10);
      return confirmAll(messages);
    });
    let claims = 0;
    const counted: Database = {
      ...database,
      query(text, values) {
        if (text.includes("claim_outbox")) claims += 1;
        return database.query(text, values);
      },
    };
    const relay = startRelay(t, counted, broker, { clock, interval: 3_600_000 });
    const allSent = () => eventually(async () => (await unsent(database)).length === 0 && clock.sleepers() === 1);
    await publishAll(database, { thingId: "a", number: 1 });
    relay.wake();
    await allSent();
    const before = claims;
    for (const thingId of ["b", "c", "d"]) {
      await publishAll(database, { thingId, number: 2 });
      relay.wake();
    }
    equal(claims, before, "it rests");
    await clock.advance(30);
    await allSent();
    equal(claims, before + 1);
    deepEqual(
      batches.map(({ length }) => length),
      [1, 3],
    );
    await clock.advance(30);
    await eventually(() => claims === before + 2);
  });
});
