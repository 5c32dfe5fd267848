import { deepEqual, equal } from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { Delivery, Verdict } from "../../messaging/brokers/broker.ts";
import {
  givesBackUnhandled,
  ignoresRepeats,
  keepsForDeclared,
  keepsWhileAway,
  knowsIdsInAnySpelling,
  refusesTooLarge,
  retries,
  stopsGently,
  survivesCrash,
  withdraws,
} from "./broker-suite-failures.ts";
import {
  type BrokerUnderTest,
  becomesTrue,
  type Connect,
  collect,
  ids,
  keyed,
  subscribe,
  testMessage,
} from "./broker-under-test.ts";

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
    test("has no more deliveries under way than the consumer takes at once", boundsConcurrency);
    test("does not hold up other keys while one is slow or fails", keepsOthersGoing);
    test("delivers again after retryIn, with a growing attempt, before later messages of the key", retries);
    test("keeps messages while a consumer is away, and none from before it first subscribed", keepsWhileAway);
    test("keeps messages for a consumer that was declared, before it ever subscribes", keepsForDeclared);
    test(
      "delivers again, as a suspect, what a crashed consumer was working at, and ignores its late verdict",
      survivesCrash,
    );
    test("delivers what came back unhandled to another, without counting it", givesBackUnhandled);
    test("keeps for a consumer no longer what it has withdrawn, and for others all the same", withdraws);
    test("delivers a message that was published twice once", ignoresRepeats);
    test("takes an id in any spelling for one, and messages without an id each for itself", knowsIdsInAnySpelling);
    test("waits for the deliveries under way when a subscription is stopped, and begins no others", stopsGently);
    test("does not take a message that is too large, and takes the others", refusesTooLarge);
    test("says that it is connected", async (connect) => {
      const broker = await connect();
      await subscribe(broker, {});
      await becomesTrue(() => equal(broker.state(), "connected"));
    });
  });
}

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

async function boundsConcurrency(connect: Connect): Promise<void> {
  const broker = await connect();
  let [underWay, most, done] = [0, 0, 0];
  const full = Promise.withResolvers<void>();
  const handle = async (): Promise<Verdict> => {
    most = Math.max(most, ++underWay);
    if (underWay === 3) full.resolve();
    await full.promise;
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    done += 1;
    return "done";
  };
  await subscribe(broker, { concurrency: 3, handle });
  await broker.publish(Array.from({ length: 100 }, () => testMessage()));
  await becomesTrue(() => equal(done, 100));
  equal(most, 3);
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
