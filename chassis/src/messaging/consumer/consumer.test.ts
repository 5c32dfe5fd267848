import { deepEqual, equal, match, ok } from "node:assert/strict";
import { describe, it } from "node:test";
import { currentContext } from "../../context/context.ts";
import { systemClock } from "../../core/clock.ts";
import { internalError, refusal, unavailable } from "../../core/failure/failure.ts";
import type { Database } from "../../database/database.ts";
import { eventually } from "../../testing/eventually.ts";
import { memoryBroker } from "../brokers/memory/memory-broker.ts";
import type { Message } from "../message.ts";
import { type Happened, quiet, serviceDatabase, thingHappened } from "../messaging.fixture.ts";
import { type EventHandler, on } from "../messaging.ts";
import { createPublish } from "../outbox/outbox.ts";
import {
  body,
  consuming,
  deadLetters,
  effectsBecome,
  happened,
  inbox,
  oneDeadLetter,
  writeEffect,
} from "./consumer.fixture.ts";
import { startConsumer } from "./consumer.ts";

describe("consumer", () => {
  it("applies a message once however often it is delivered", async (t) => {
    const { database, broker } = await consuming(t);
    const message = happened({ thingId: "a", number: 1 });
    for (let times = 0; times < 3; times++) {
      await broker.publish([message]);
      await effectsBecome(database, 1);
    }
    await broker.publish([happened({ thingId: "a", number: 2 })]);
    await effectsBecome(database, 1, 2);
    equal(await inbox(database), 2);
  });

  it("keeps effect, inbox row and published events together: all of them or none", async (t) => {
    const publish = createPublish({ service: "reader", onCommit: () => {} });
    let attempts = 0;
    const { database, broker } = await consuming(t, async (body, tx, message) => {
      await writeEffect(body, tx, message);
      await publish(tx, thingHappened, body);
      attempts += 1;
      if (attempts < 3) throw new Error("not yet");
    });
    await broker.publish([happened({ thingId: "a", number: 1 })]);
    await effectsBecome(database, 1);
    equal(attempts, 3);
    equal(await inbox(database), 1);
    equal((await database.query("select 1 from outbox")).length, 1);
    deepEqual(await deadLetters(database), []);
  });
});

describe("an attempt that takes too long", () => {
  it("is broken off and counted, holds up nobody, and an event that has waited for long is handled all the same", async (t) => {
    const begun: (number | undefined)[] = [];
    const handle: EventHandler<Happened> = async (body, tx, message) => {
      begun.push(currentContext()?.deadline);
      if (body.thingId === "stuck") await new Promise(() => {});
      await writeEffect(body, tx, message);
    };
    const { database, broker } = await consuming(t, handle, { handlingTime: 500, attempts: 2 });
    const dayOld = new Date(Date.now() - 86_400_000).toISOString();
    await broker.publish([
      happened({ thingId: "stuck", number: 1 }),
      happened({ thingId: "a", number: 2 }, { time: dayOld }),
    ]);
    await effectsBecome(database, 2);
    await eventually(async () => (await deadLetters(database)).length === 1);
    const [letter] = await deadLetters(database);
    match(letter?.cause ?? "", /deadline_exceeded/);
    ok(begun.every((deadline) => deadline !== undefined));
  });
});

describe("dead letters", () => {
  it("parks a message that keeps failing, with cause, stack, attempts and trace, while others flow", async (t) => {
    const { database, broker } = await consuming(t, async (body, tx, message) => {
      if (body.thingId === "poison") throw new Error("can't swallow", { cause: new Error("too bitter") });
      await writeEffect(body, tx, message);
    });
    const poison = happened({ thingId: "poison", number: 1 });
    await broker.publish([poison, happened({ thingId: "a", number: 2 })]);
    await effectsBecome(database, 2);
    const letter = await oneDeadLetter(database);
    equal(letter.message_id, poison.id);
    deepEqual(letter.message, poison);
    equal(letter.cause, "can't swallow (caused by too bitter)");
    match(letter.stack, /Error: can't swallow[\s\S]*caused by Error: too bitter/);
    equal(letter.attempts, 5);
    equal(letter.trace_id, "0af7651916cd43dd8448eb211c80319c");
    await broker.publish([poison, happened({ thingId: "poison", number: 3 })]);
    await eventually(async () => (await deadLetters(database)).length === 2);
    equal(await inbox(database), 3);
  });

  for (const definition of [refusal("thing_unwanted", 409, "The thing is not wanted"), internalError]) {
    it(`parks a message at once when the handler throws ${definition.code} (${definition.kind})`, async (t) => {
      const { database, broker } = await consuming(t, async () => {
        throw definition.failure();
      });
      await broker.publish([happened({ thingId: "a", number: 1 })]);
      const letter = await oneDeadLetter(database);
      equal(letter.attempts, 1);
      equal(letter.cause, `${definition.code}: ${definition.title}`);
    });
  }

  const old = new Date(Date.now() - 14 * 86_400_000).toISOString();
  const unreadable: [string, Partial<Message>, RegExp][] = [
    ["a body that does not fit the schema", { body: { thingId: "a", number: -1 } }, /\/number must be >= 0/],
    ["a body that is no object", { body: null }, /must be object/],
    ["a version it does not know", { version: 2 }, /\/version 2 is not known/],
    ["a type it does not know", { type: "thing.ended" }, /thing\.ended is not an event this consumer knows/],
    ["an id that is no UUID", { id: "1' or '1'='1" }, /\/id must be a UUID/],
    ["an age that the inbox does not remember", { time: old }, /\/time is so old/],
  ];
  for (const [what, given, cause] of unreadable) {
    it(`parks a message with ${what} at the first attempt`, async (t) => {
      const { database, broker } = await consuming(t);
      const stop = await broker.subscribe({
        consumer: "reader",
        types: ["thing.ended"],
        concurrency: 0,
        handle: async () => "done",
      });
      await stop();
      await broker.publish([happened(body, given), happened({ thingId: "b", number: 2 })]);
      const letter = await oneDeadLetter(database);
      match(letter.cause, cause);
      equal(letter.attempts, 1);
      await effectsBecome(database, 2);
    });
  }
});

describe("consumer, in its surroundings", () => {
  it("handles a message in the context it was published in", async (t) => {
    const contexts: (string | undefined)[] = [];
    const { broker } = await consuming(t, async () => {
      const context = currentContext();
      contexts.push(context?.requestId, context?.trace.traceId);
    });
    await broker.publish([happened(body, { requestId: "request-1" })]);
    await eventually(() => contexts.length === 2);
    deepEqual(contexts, ["request-1", "0af7651916cd43dd8448eb211c80319c"]);
  });

  it("waits for its own database, however long that is away, without counting attempts", async (t) => {
    const { database } = await serviceDatabase(t);
    let failures = 0;
    const flapping: Database = {
      ...database,
      transaction: (work) =>
        ++failures <= 6
          ? Promise.reject(unavailable.failure({ cause: new Error("connect ECONNREFUSED") }))
          : database.transaction(work),
    };
    const { broker } = await consuming(t, writeEffect, { database: flapping, attempts: 2 });
    await broker.publish([happened(body)]);
    await effectsBecome(database, 1);
    deepEqual(await deadLetters(database), []);
  });

  it("does not wait for ever for a statement that takes too long", async (t) => {
    const { database, broker } = await consuming(
      t,
      async (_, tx) => {
        await tx.query("set local statement_timeout = 20");
        await tx.query("select pg_sleep(10)");
      },
      { attempts: 2 },
    );
    await broker.publish([happened(body)]);
    const letter = await oneDeadLetter(database);
    equal(letter.attempts, 2);
    match(letter.cause, /statement timeout/);
  });

  it("refuses two subscriptions to one event", async (t) => {
    const { database } = await serviceDatabase(t);
    const subscriptions = [on(thingHappened, writeEffect), on(thingHappened, writeEffect)];
    const start = startConsumer({
      consumer: "reader",
      database,
      broker: memoryBroker(),
      subscriptions,
      clock: systemClock,
      log: quiet,
    });
    await start.then(
      () => equal("started", "refused"),
      (error: Error) => match(error.message, /two subscriptions to thing\.happened/),
    );
  });
});
