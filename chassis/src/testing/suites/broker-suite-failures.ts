import { deepEqual, equal, ok } from "node:assert/strict";
import type { Delivery, Verdict } from "../../messaging/brokers/broker.ts";
import { LARGEST_MESSAGE } from "../../messaging/envelope.ts";
import type { Message } from "../../messaging/message.ts";
import { publishBatch } from "../../messaging/outbox/publish-batch.ts";
import { becomesTrue, type Connect, collect, ids, keyed, subscribe, testMessage } from "./broker-under-test.ts";

export async function retries(connect: Connect): Promise<void> {
  const broker = await connect();
  const seen: [string, number][] = [];
  const [first, second] = keyed(2, "a") as [Message, Message];
  await subscribe(broker, {
    async handle({ message, attempt }) {
      seen.push([message.id, attempt]);
      return attempt < 4 && message.id === first.id ? { retryIn: 20 } : "done";
    },
  });
  await broker.publish([first, second]);
  await becomesTrue(() => equal(seen.length, 5));
  deepEqual(seen, [
    [first.id, 1],
    [first.id, 2],
    [first.id, 3],
    [first.id, 4],
    [second.id, 1],
  ]);
}

export async function keepsWhileAway(connect: Connect): Promise<void> {
  const publisher = await connect();
  const before = testMessage();
  await publisher.publish([before]);
  const first = await connect();
  const stop = await subscribe(first, {});
  await stop();
  await first.close();
  const meanwhile = [testMessage(), testMessage()];
  await publisher.publish(meanwhile);
  const seen: Delivery[] = [];
  await subscribe(await connect(), { handle: collect(seen) });
  const after = testMessage();
  await publisher.publish([after]);
  await becomesTrue(() => ok(ids(seen).includes(after.id) && seen.length >= 3));
  deepEqual(new Set(ids(seen)), new Set([...meanwhile, after].map(({ id }) => id)));
}

export async function keepsForDeclared(connect: Connect): Promise<void> {
  const publisher = await connect();
  const [early, other] = [testMessage(), testMessage({ type: "thing.ended" })];
  await publisher.declare(new Map([[early.type, ["reader"]]]));
  await publisher.publish([early, other]);
  const seen: Delivery[] = [];
  await subscribe(await connect(), { consumer: "reader", handle: collect(seen) });
  await becomesTrue(() => deepEqual(seen, [{ message: early, attempt: 1 }]));
}

export async function withdraws(connect: Connect): Promise<void> {
  const broker = await connect();
  const seen: Delivery[] = [];
  await broker.declare(new Map([["thing.ended", ["consumer", "other"]]]));
  await subscribe(broker, { handle: collect(seen) });
  await broker.withdraw("consumer", ["thing.ended", "thing.never"]);
  const [unwanted, wanted] = [testMessage({ type: "thing.ended" }), testMessage()];
  await broker.publish([unwanted, wanted]);
  await becomesTrue(() => deepEqual(ids(seen), [wanted.id]));
  const others: Delivery[] = [];
  await subscribe(broker, { consumer: "other", types: ["thing.ended"], handle: collect(others) });
  await becomesTrue(() => deepEqual(ids(others), [unwanted.id]));
  await subscribe(await connect(), { types: ["thing.ended"], handle: collect(seen) });
  const again = testMessage({ type: "thing.ended" });
  await broker.publish([again]);
  await becomesTrue(() => deepEqual(ids(seen), [wanted.id, again.id]));
}

export async function survivesCrash(connect: Connect): Promise<void> {
  const crashing = await connect();
  const begun = Promise.withResolvers<void>();
  const late = Promise.withResolvers<Verdict>();
  await subscribe(crashing, {
    handle: () => {
      begun.resolve();
      return late.promise;
    },
  });
  const [first, second] = keyed(2, "a") as [Message, Message];
  await (await connect()).publish([first, second]);
  await begun.promise;
  await crashing.close();
  const seen: Delivery[] = [];
  const goOn = Promise.withResolvers<Verdict>();
  await subscribe(await connect(), {
    handle: (delivery) => {
      seen.push(delivery);
      return goOn.promise;
    },
  });
  await becomesTrue(() => deepEqual(seen, [{ message: first, attempt: 1, suspect: true }]));
  late.resolve("done");
  goOn.resolve("done");
  await becomesTrue(() => deepEqual(ids(seen), [first.id, second.id]));
}

export async function ignoresRepeats(connect: Connect): Promise<void> {
  const broker = await connect();
  const seen: Delivery[] = [];
  const goOn = Promise.withResolvers<Verdict>();
  await subscribe(broker, { concurrency: 1, handle: collect(seen, goOn.promise) });
  const [message, last] = [testMessage(), testMessage()];
  await broker.publish([message]);
  await Promise.all([broker.publish([message, message]), (await connect()).publish([message])]);
  await broker.publish([message, last]);
  goOn.resolve("done");
  await becomesTrue(() => ok(ids(seen).includes(last.id)));
  deepEqual(ids(seen), [message.id, last.id]);
}

export async function refusesTooLarge(connect: Connect): Promise<void> {
  const broker = await connect();
  const seen: Delivery[] = [];
  await subscribe(broker, { handle: collect(seen) });
  const [before, behind, other] = [testMessage(), testMessage({ key: "a" }), testMessage()] as const;
  const large = testMessage({ key: "a", body: { text: "x".repeat(10 * LARGEST_MESSAGE) } });
  const results = await publishBatch(broker, [before, large, behind, other]);
  deepEqual(
    results.map((result) => (typeof result === "object" ? "failed" : result)),
    ["confirmed", "failed", "failed", "confirmed"],
  );
  await becomesTrue(() => equal(seen.length, 2));
  deepEqual(new Set(ids(seen)), new Set([before.id, other.id]));
}

export async function stopsGently(connect: Connect): Promise<void> {
  const broker = await connect();
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<Verdict>();
  const seen: Delivery[] = [];
  const stop = await subscribe(broker, {
    concurrency: 1,
    handle: (delivery) => {
      seen.push(delivery);
      begun.resolve();
      return goOn.promise;
    },
  });
  const messages = [testMessage(), testMessage()];
  await broker.publish(messages);
  await begun.promise;
  let stopped = false;
  const stopping = stop().then(() => {
    stopped = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  equal(stopped, false);
  goOn.resolve("done");
  await stopping;
  equal(seen.length, 1);
  await subscribe(await connect(), { handle: collect(seen) });
  await becomesTrue(() =>
    deepEqual(
      ids(seen),
      messages.map(({ id }) => id),
    ),
  );
}

export async function givesBackUnhandled(connect: Connect): Promise<void> {
  const stopping = await connect();
  const begun = Promise.withResolvers<void>();
  const verdict = Promise.withResolvers<Verdict>();
  const stop = await subscribe(stopping, {
    handle: () => {
      begun.resolve();
      return verdict.promise;
    },
  });
  const messages = keyed(2, "a");
  await stopping.publish(messages);
  await begun.promise;
  const stopped = stop();
  verdict.resolve("unhandled");
  await stopped;
  await stopping.close();
  const seen: Delivery[] = [];
  await subscribe(await connect(), { handle: collect(seen) });
  await becomesTrue(() => equal(seen.length, 2));
  deepEqual(
    seen.map(({ message, attempt }) => [message.id, attempt]),
    messages.map(({ id }) => [id, 1]),
  );
}

export async function knowsIdsInAnySpelling(connect: Connect): Promise<void> {
  const broker = await connect();
  const seen: Delivery[] = [];
  const goOn = Promise.withResolvers<Verdict>();
  await subscribe(broker, { concurrency: 1, handle: collect(seen, goOn.promise) });
  const message = testMessage();
  await broker.publish([message]);
  await broker.publish([{ ...message, id: message.id.toUpperCase() }]);
  const nameless = ["same", "same", "", ""].map((id) => testMessage({ id }));
  await broker.publish(nameless);
  goOn.resolve("done");
  await becomesTrue(() => equal(seen.length, 5));
  equal(seen[0]?.message.id, message.id);
  deepEqual(new Set(seen.slice(1).map(({ message }) => message.key)), new Set(nameless.map(({ key }) => key)));
}
