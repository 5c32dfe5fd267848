import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { eventually } from "../../testing/eventually.ts";
import { redisMissing, redisServer } from "../../testing/servers/redis-server.ts";
import { gatewayTo, libraryServer } from "../gateway.fixture.ts";
import { type LimitStore, memoryLimitStore, withFallback } from "./limit-store.ts";
import { redisLimitStore } from "./redis-limit-store.ts";

const stores: Record<string, { skip: string | false; open(t: TestContext): Promise<LimitStore> }> = {
  memory: { skip: false, open: async () => memoryLimitStore() },
  redis: {
    skip: redisMissing,
    async open(t) {
      const store = redisLimitStore((await redisServer(t)).url);
      t.after(() => store.close());
      await eventually(async () => !!(await Promise.resolve(store.add("x", 1)).catch(() => false)));
      return store;
    },
  },
};

for (const [name, { skip, open }] of Object.entries(stores)) {
  test(`${name} counts each key for itself, all at once too`, { skip }, async (t) => {
    const store = await open(t);
    const counts = await Promise.all(Array.from({ length: 50 }, () => store.add("a", 60_000)));
    assert.deepEqual(
      counts.map(({ count }) => count).toSorted((a, b) => a - b),
      Array.from({ length: 50 }, (_, at) => at + 1),
    );
    assert.equal((await store.add("b", 60_000)).count, 1);
    for (const { endsIn } of counts) assert.ok(endsIn > 0 && endsIn <= 60_000);
  });

  test(`in ${name} a window ends, and the next one begins at one`, { skip }, async (t) => {
    const store = await open(t);
    const key = randomUUID();
    assert.equal((await store.add(key, 30)).count, 1);
    await eventually(async () => (await store.add(key, 30)).count === 1);
  });
}

test("memory holds so many keys and no more; the oldest windows make room", async () => {
  let now = 0;
  const store = memoryLimitStore(() => now++, 3);
  for (const key of ["a", "b", "c", "d"]) await store.add(key, 1_000);
  assert.equal((await store.add("d", 1_000)).count, 2);
  assert.equal((await store.add("a", 1_000)).count, 1);
});

test("while Redis is away each gateway counts by itself, and together again when it is back", {
  skip: redisMissing,
}, async (t) => {
  const redis = await redisServer(t);
  const changes: boolean[] = [];
  const open = () => {
    const store = withFallback(redisLimitStore(redis.url), (error) => changes.push(error === undefined));
    t.after(() => store.close());
    return store;
  };
  const [one, other] = [open(), open()];
  // On a machine that is busy Redis may be too slow for an answer at any time.
  const key = await eventually(async () => {
    const key = randomUUID();
    await one.add(key, 60_000);
    return (await other.add(key, 60_000)).count === 2 && key;
  });
  await redis.kill();
  assert.equal((await one.add(key, 60_000)).count, 2, "what this one counted itself");
  assert.equal(changes.at(-1), false);
  await redis.start();
  await eventually(async () => {
    await one.add("b", 60_000);
    return changes.at(-1);
  });
  await eventually(async () => {
    const another = randomUUID();
    await one.add(another, 60_000);
    return (await other.add(another, 60_000)).count === 2;
  });
});

test("two gateways with one Redis hold a client to one limit", { skip: redisMissing }, async (t) => {
  const service = await libraryServer(t, (_, response) => response.writeHead(204).end());
  const { url } = await redisServer(t);
  const limits = { signIn: 5, address: 6, user: 5 };
  const gateways = await Promise.all(
    [1, 2].map(() => gatewayTo(t, [service.url], { limits, limitStore: redisLimitStore(url) })),
  );
  const ask = (at: number) => fetch(`${gateways[at % 2]?.url}/api/books`).then(({ status }) => status);
  await eventually(async () => (await Promise.all([ask(0), ask(1)])).every((s) => s !== 500));
  const statuses: number[] = [];
  for (let at = 0; at < 8; at++) statuses.push(await ask(at));
  assert.equal(statuses.at(-1), 429);
  assert.ok(service.requests.length <= 6);
});
