import { deepEqual, equal, ok } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { Type } from "typebox";
import { event } from "../../contract/event.ts";
import { Fields, Id } from "../../contract/schema.ts";
import { unavailable } from "../../core/failure/failure.ts";
import type { Database } from "../../database/database.ts";
import { eventually } from "../../testing/eventually.ts";
import type { Published } from "../brokers/broker.ts";
import { type Happened, serviceDatabase, takingBroker } from "../messaging.fixture.ts";
import { bodies, confirmAll, numbersOf, publish, publishAll, soon, startRelay, unsent } from "./relay.fixture.ts";

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
});

describe("relay, with more than the broker takes at once", () => {
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
