import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { systemClock } from "../../core/clock.ts";
import { refusal } from "../../core/failure/failure.ts";
import { newId } from "../../core/id.ts";
import type { Database } from "../../database/database.ts";
import { eventually } from "../../testing/eventually.ts";
import { testMessage } from "../../testing/suites/broker-under-test.ts";
import { memoryBroker } from "../brokers/memory/memory-broker.ts";
import { startConsumer } from "../consumer/consumer.ts";
import { effects, type Happened, quiet, serviceDatabase, thingHappened } from "../messaging.fixture.ts";
import { type EventHandler, on } from "../messaging.ts";
import { park } from "./dead-letter.ts";
import { type DeadLetterOperations, operateDeadLetters } from "./operate-dead-letters.ts";
import { startRedriver } from "./redriver.ts";

const notNow = refusal("not_now", 409, "Not now");
const decision = { by: "admin", reason: "it was fixed" };

type World = {
  database: Database;
  operations: DeadLetterOperations;
  /** What handlers do with numbers. */
  works: { now: boolean };
};

/** A consumer that has parked `count` messages, whose handler begins to work when `works.now` is set. */
async function withParked(t: TestContext, count: number): Promise<World> {
  const { database } = await serviceDatabase(t);
  const broker = memoryBroker();
  const works = { now: false };
  const handle: EventHandler<Happened> = async ({ thingId, number }, tx) => {
    if (!works.now || number > 90) throw notNow.failure();
    await tx.query("insert into effect (thing_id, number) values ($1, $2)", [thingId, number]);
  };
  const common = {
    consumer: "reader",
    database,
    subscriptions: [on(thingHappened, handle)],
    clock: systemClock,
    log: quiet,
  };
  const stop = await startConsumer({ ...common, broker });
  const redrivers = [startRedriver({ ...common, interval: 20 }), startRedriver({ ...common, interval: 20 })];
  t.after(async () => {
    await Promise.all([stop(), ...redrivers.map((each) => each.stop())]);
  });
  const messages = Array.from({ length: count }, (_, number) =>
    testMessage({ key: "a", body: { thingId: "a", number } }),
  );
  await broker.publish(messages);
  const operations = operateDeadLetters({
    ...common,
    onChange() {
      for (const each of redrivers) each.wake();
    },
  });
  await eventually(async () => (await operations.list({ limit: 100 })).items.length === count);
  return { database, operations, works };
}

const ids = async (operations: DeadLetterOperations) =>
  (await operations.list({ limit: 100 })).items.map(({ id }) => id).sort();
const numbers = async (database: Database) => (await effects(database)).map(({ number }) => number);

describe("dead letters, redriven", () => {
  it("handles one, some or all again, in the order they were parked, once however many replicas redrive", async (t) => {
    const { database, operations, works } = await withParked(t, 12);
    works.now = true;
    const [first = ""] = await ids(operations);
    equal(await operations.redrive({ ids: [first] }, 1_000, decision), 1);
    await eventually(async () => (await numbers(database)).length === 1);
    equal(await operations.redrive({ type: "thing.ended" }, 1_000, decision), 0);
    equal(await operations.redrive({}, 1_000, decision), 11);
    await eventually(async () => (await numbers(database)).length === 12);
    deepEqual(
      await numbers(database),
      Array.from({ length: 12 }, (_, number) => number),
    );
    const shown = await operations.show(first);
    equal(shown.state, "redriven");
    deepEqual(
      shown.history.map((note) => (note as { what: string }).what),
      ["redrive asked for", "redriven"],
    );
    equal(await operations.redrive({}, 1_000, decision), 0);
  });

  it("keeps to the rate that was asked for", async (t) => {
    const { database, operations, works } = await withParked(t, 6);
    works.now = true;
    const begin = performance.now();
    await operations.redrive({}, 10, decision);
    await eventually(async () => (await numbers(database)).length === 6);
    equal(performance.now() - begin >= 490, true);
  });

  it("parks what fails again with its new cause, and goes on with the rest", async (t) => {
    const { database, operations, works } = await withParked(t, 2);
    const [first = ""] = await ids(operations);
    await operations.edit(first, { body: { thingId: "a", number: 99 } }, decision);
    works.now = true;
    await operations.redrive({}, 1_000, decision);
    await eventually(async () => (await numbers(database)).length === 1);
    await eventually(async () => (await operations.show(first)).state === "parked");
    const { cause, attempts } = await operations.show(first);
    match(cause, /not_now/);
    equal(attempts, 2);
  });
});

describe("dead letters, edited and discarded", () => {
  it("keeps who edited one, why, and what it said before", async (t) => {
    const { database, operations, works } = await withParked(t, 1);
    const [id = ""] = await ids(operations);
    const edited = await operations.edit(id, { body: { thingId: "b", number: 7 } }, decision);
    deepEqual((edited.message as { body: unknown }).body, { thingId: "b", number: 7 });
    const { at, ...note } = edited.history[0] as Record<string, unknown>;
    match(String(at), /^\d{4}-/);
    deepEqual(note, { what: "edited", ...decision, before: { body: { thingId: "a", number: 0 }, version: 1 } });
    works.now = true;
    await operations.redrive({ ids: [id] }, 1_000, decision);
    await eventually(async () => (await numbers(database)).includes(7));
    await rejects(operations.edit(id, { body: {} }, decision), { code: "dead_letter_ended" });
  });

  it("checks a new body against the schema of its event and version, and changes nothing that is not so", async (t) => {
    const { operations } = await withParked(t, 1);
    const [id = ""] = await ids(operations);
    const edit = (body: unknown, version?: number) => operations.edit(id, { body, version }, decision);
    const paths = (...expected: string[]) => ({ code: "invalid_input", errors: expected.map((path) => ({ path })) });
    const errorsOf = (work: Promise<unknown>) =>
      work.then(
        () => undefined,
        ({ code, errors }) => ({ code, errors: errors.map(({ path }: { path: string }) => ({ path })) }),
      );
    deepEqual(await errorsOf(edit({ thingId: "a", number: "x" })), paths("/body/number"));
    deepEqual(await errorsOf(edit({ thingId: "a", number: 1, more: true })), paths("/body/more"));
    deepEqual(await errorsOf(edit({ number: 1 })), paths("/body/thingId"));
    deepEqual(await errorsOf(edit("text")), paths("/body"));
    deepEqual(await errorsOf(edit({ thingId: "a", number: 1 }, 9)), paths("/version"));
    const { message, history } = await operations.show(id);
    deepEqual([(message as { body: unknown }).body, history], [{ thingId: "a", number: 0 }, []]);
  });

  it("edits what it does not subscribe to as it is told", async (t) => {
    const { database } = await serviceDatabase(t);
    const message = testMessage({ type: "unknown.happened" });
    await park(database, "reader", { message, attempt: 1 }, new Error("parked"));
    const subscriptions = [on(thingHappened, async () => {})];
    const operations = operateDeadLetters({ database, subscriptions, onChange() {} });
    const [id = ""] = await ids(operations);
    const edited = await operations.edit(id, { body: "anything" }, decision);
    deepEqual((edited.message as { body: unknown }).body, "anything");
  });

  it("gives up what is discarded, with the reason, and never handles it", async (t) => {
    const { database, operations, works } = await withParked(t, 3);
    const [first = ""] = await ids(operations);
    equal(await operations.discard({ ids: [first] }, decision), 1);
    works.now = true;
    equal(await operations.redrive({}, 1_000, decision), 2);
    await eventually(async () => (await numbers(database)).length === 2);
    equal((await operations.show(first)).state, "discarded");
    deepEqual(await numbers(database), [1, 2]);
  });

  it("knows nothing of others", async (t) => {
    const { operations } = await withParked(t, 1);
    await rejects(operations.show(newId()), { code: "not_found" });
    await rejects(operations.show("../x"), { code: "not_found" });
  });
});
