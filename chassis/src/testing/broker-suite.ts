import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { newId } from "../core/id.ts";
import type { Broker, BrokerSubscription, Delivery, Verdict } from "../messaging/broker.ts";
import type { Message } from "../messaging/message.ts";
import { eventually } from "./eventually.ts";

/** One broker, and connections to it as several processes would have them. */
export type BrokerUnderTest = {
  /** Connects once more. The suite closes it; closing with deliveries under way stands for a crash. */
  connect(): Promise<Broker>;
};

/** A message of the suite; what is not given is made up. */
export const testMessage = (given: Partial<Message> = {}): Message => ({
  id: newId(),
  type: "thing.happened",
  version: 1,
  key: newId(),
  source: "suite",
  time: new Date().toISOString(),
  body: { text: "Grüße 🚀 \\ \" ' {} \u0000" },
  requestId: newId(),
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  ...given,
});

type Connect = () => Promise<Broker>;

/** What every driver owes, run against `make`'s broker: a fresh one for each test. */
export function brokerSuite(name: string, make: (t: TestContext) => Promise<BrokerUnderTest>): void {
  const test = (title: string, run: (connect: Connect, t: TestContext) => Promise<void>) =>
    it(title, { timeout: 60_000 }, async (t) => {
      const broker = await make(t);
      await run(async () => {
        const connection = await broker.connect();
        t.after(() => connection.close());
        return connection;
      }, t);
    });

  describe(`${name} broker`, () => {
    test("delivers a message as it was published, once to each consumer that wants its type", deliversToEach);
    test("shares the messages of a consumer between its replicas", sharesBetweenReplicas);
    test("delivers messages of one key in their order, one at a time, over all replicas", keepsOrder);
    test("does not hold up other keys while one is slow or fails", keepsOthersGoing);
    test("delivers again after retryIn, with a growing attempt, before later messages of the key", retries);
    test("keeps messages while a consumer is away, and none from before it first subscribed", keepsWhileAway);
    test("delivers again what a crashed consumer was working at, and ignores its late verdict", survivesCrash);
    test("delivers a message that was published twice once", ignoresRepeats);
    test("waits for the deliveries under way when a subscription is stopped, and begins no others", stopsGently);
    test("is healthy while it is connected", async (connect) => {
      const broker = await connect();
      await subscribe(broker, {});
      await becomesTrue(() => equal(broker.healthy(), true));
    });
  });
}

/** Resolves when `check` throws no more. */
const becomesTrue = (check: () => void) =>
  eventually(() => {
    check();
    return true;
  });

/** Subscribes; whatever is not given is a consumer that takes everything at once. */
async function subscribe(broker: Broker, given: Partial<BrokerSubscription>): Promise<() => Promise<void>> {
  return broker.subscribe({
    consumer: "consumer",
    types: ["thing.happened"],
    concurrency: 8,
    handle: async () => "done",
    ...given,
  });
}

const collect =
  (into: Delivery[], verdict: Verdict = "done") =>
  async (delivery: Delivery): Promise<Verdict> => {
    into.push(delivery);
    return verdict;
  };

const ids = (deliveries: readonly Delivery[]) => deliveries.map(({ message }) => message.id);
const keyed = (count: number, key: string) => Array.from({ length: count }, () => testMessage({ key }));

async function deliversToEach(connect: Connect): Promise<void> {
  const [publisher, consumer] = [await connect(), await connect()];
  const [one, other, third] = [[], [], []] as [Delivery[], Delivery[], Delivery[]];
  await subscribe(consumer, { consumer: "one", handle: collect(one) });
  await subscribe(consumer, { consumer: "other", types: ["thing.happened", "thing.ended"], handle: collect(other) });
  await subscribe(consumer, { consumer: "third", types: ["thing.begun"], handle: collect(third) });
  const happened = testMessage();
  const ended = testMessage({ type: "thing.ended" });
  const unwanted = testMessage({ type: "nobody.cares" });
  deepEqual(await publisher.publish([happened, ended, unwanted]), ["confirmed", "confirmed", "confirmed"]);
  await becomesTrue(() => equal(one.length + other.length, 3));
  deepEqual(one, [{ message: happened, attempt: 1 }]);
  deepEqual(new Set(ids(other)), new Set([happened.id, ended.id]));
  deepEqual(third, []);
}

async function sharesBetweenReplicas(connect: Connect): Promise<void> {
  const seen: Delivery[][] = [[], [], []];
  const all = () => seen.flat();
  const enough = Promise.withResolvers<void>();
  for (const own of seen) {
    const handle = async (delivery: Delivery): Promise<Verdict> => {
      own.push(delivery);
      // Nobody goes on before each replica has something: so each must get its share.
      if (seen.every((each) => each.length > 0)) enough.resolve();
      await enough.promise;
      return "done";
    };
    await subscribe(await connect(), { concurrency: 2, handle });
  }
  const messages = Array.from({ length: 200 }, () => testMessage());
  await (await connect()).publish(messages);
  await becomesTrue(() => equal(all().length, 200));
  deepEqual(ids(all()).sort(), messages.map(({ id }) => id).sort());
}

async function keepsOrder(connect: Connect): Promise<void> {
  const seen = new Map<string, string[]>();
  const busy = new Set<string>();
  const overlaps: string[] = [];
  const handle = async ({ message: { key, id } }: Delivery): Promise<Verdict> => {
    if (busy.has(key)) overlaps.push(key);
    busy.add(key);
    await new Promise((resolve) => setImmediate(resolve));
    seen.set(key, [...(seen.get(key) ?? []), id]);
    busy.delete(key);
    return "done";
  };
  await subscribe(await connect(), { handle });
  await subscribe(await connect(), { handle });
  const publisher = await connect();
  const keys = ["a", "b", "c", "d", "e"];
  const published = new Map<string, string[]>(keys.map((key) => [key, []]));
  for (let batch = 0; batch < 20; batch++) {
    const messages = keys.flatMap((key) => keyed(3, key));
    for (const { key, id } of messages) published.get(key)?.push(id);
    await publisher.publish(messages);
  }
  await becomesTrue(() => equal([...seen.values()].flat().length, 300));
  deepEqual(overlaps, []);
  for (const key of keys) deepEqual(seen.get(key), published.get(key));
}

async function keepsOthersGoing(connect: Connect): Promise<void> {
  const release = Promise.withResolvers<void>();
  const seen: string[] = [];
  const handle = async ({ message: { key } }: Delivery): Promise<Verdict> => {
    if (key === "failing") return { retryIn: 50 };
    if (key === "slow") await release.promise;
    seen.push(key);
    return "done";
  };
  const broker = await connect();
  await subscribe(broker, { concurrency: 3, handle });
  await broker.publish([...keyed(300, "slow"), ...keyed(300, "failing")]);
  const others = Array.from({ length: 100 }, (_, index) => testMessage({ key: `other ${index}` }));
  await broker.publish(others);
  await becomesTrue(() => equal(seen.length, 100));
  equal(seen.includes("slow"), false);
  release.resolve();
}

async function retries(connect: Connect): Promise<void> {
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

async function keepsWhileAway(connect: Connect): Promise<void> {
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

async function survivesCrash(connect: Connect): Promise<void> {
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
  await becomesTrue(() => deepEqual(ids(seen), [first.id]));
  late.resolve("done");
  goOn.resolve("done");
  await becomesTrue(() => deepEqual(ids(seen), [first.id, second.id]));
}

async function ignoresRepeats(connect: Connect): Promise<void> {
  const broker = await connect();
  const seen: Delivery[] = [];
  const goOn = Promise.withResolvers<Verdict>();
  await subscribe(broker, {
    concurrency: 1,
    handle: (delivery) => {
      seen.push(delivery);
      return goOn.promise;
    },
  });
  const [message, last] = [testMessage(), testMessage()];
  await broker.publish([message]);
  await Promise.all([broker.publish([message, message]), (await connect()).publish([message])]);
  await broker.publish([message, last]);
  goOn.resolve("done");
  await becomesTrue(() => ok(ids(seen).includes(last.id)));
  deepEqual(ids(seen), [message.id, last.id]);
}

async function stopsGently(connect: Connect): Promise<void> {
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
