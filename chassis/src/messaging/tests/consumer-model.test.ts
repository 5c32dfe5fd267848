import { deepEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../core/clock.ts";
import type { Database } from "../../database/database.ts";
import { eventually } from "../../testing/eventually.ts";
import { testMessage } from "../../testing/suites/broker-under-test.ts";
import type { Broker } from "../brokers/broker.ts";
import { type MemoryQueues, memoryBroker } from "../brokers/memory/memory-broker.ts";
import { startConsumer } from "../consumer/consumer.ts";
import type { Message } from "../message.ts";
import { type Happened, quiet, serviceDatabase, thingHappened } from "../messaging.fixture.ts";
import { on } from "../messaging.ts";

/*
 * A whole consumer, inbox and dead letters included, under random interleavings: repeats of what came before, in any order among the
 * keys, attempts that fail, replicas that die with what they know. Whatever happens, each message has one effect, and those of a key
 * have theirs in order. MODEL_RUNS says how many interleavings; a failure prints the seed and the path that repeat it.
 */
const RUNS = Number(process.env["MODEL_RUNS"] ?? 25);

type Step =
  | { readonly do: "publish"; readonly key: string }
  | { readonly do: "repeat"; readonly which: number }
  | { readonly do: "fail"; readonly times: number }
  | { readonly do: "die"; readonly replica: number }
  | { readonly do: "wait" };

const keys = ["a", "b", "c"];
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("publish" as const), key: fc.constantFrom(...keys) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("repeat" as const), which: fc.nat(100) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("fail" as const), times: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("die" as const), replica: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const) }) },
);

/** Two replicas of a consumer that die and come back; `failNext` makes their next attempts fail. */
function replicas(database: Database, consumer: string) {
  const queues: MemoryQueues = new Map();
  let failing = 0;
  const handle = on(thingHappened, async ({ thingId, number }, tx) => {
    await tx.query("insert into effect (thing_id, number) values ($1, $2)", [`${consumer} ${thingId}`, number]);
    if (failing > 0) {
      failing -= 1;
      throw new Error("fails after its effect");
    }
  });
  const start = async () => {
    const broker = memoryBroker({ queues });
    const options = { consumer, database, broker, subscriptions: [handle], clock: systemClock, log: quiet };
    const stop = await startConsumer({ ...options, attempts: 100, backoff: { first: 1, most: 3 } });
    return { broker, stop };
  };
  const running: { broker: Broker; stop(): Promise<void> }[] = [];
  return {
    publisher: memoryBroker({ queues }),
    startBoth: async () => void running.push(await start(), await start()),
    async die(replica: number) {
      // What it was at work on is delivered again, maybe while its own transaction still runs.
      await running[replica]?.broker.close();
      running[replica] = await start();
    },
    failNext(times: number) {
      failing += times;
    },
    stop: () => Promise.all(running.map(({ stop }) => stop())),
  };
}

async function play(database: Database, steps: readonly Step[], consumer: string): Promise<Map<string, number[]>> {
  const world = replicas(database, consumer);
  const published: Message[] = [];
  const numbers = new Map<string, number>();
  await world.startBoth();
  for (const each of steps) {
    if (each.do === "publish") {
      const number = (numbers.get(each.key) ?? 0) + 1;
      numbers.set(each.key, number);
      const message = testMessage({ key: each.key, body: { thingId: each.key, number } satisfies Happened });
      published.push(message);
      await world.publisher.publish([message]);
    } else if (each.do === "repeat") {
      const again = published[each.which % Math.max(1, published.length)];
      if (again) await world.publisher.publish([again]);
    } else if (each.do === "fail") world.failNext(each.times);
    else if (each.do === "die") await world.die(each.replica);
    else await new Promise((resolve) => setImmediate(resolve));
  }
  await eventually(async () => (await handled(database, consumer)) === published.length);
  await world.stop();
  return numbersSeen(database, consumer);
}

const handled = async (database: Database, consumer: string) =>
  (await database.query("select 1 from inbox where consumer = $1", [consumer])).length;

async function numbersSeen(database: Database, consumer: string): Promise<Map<string, number[]>> {
  const rows = await database.query<{ key: string; number: number }>(
    "select thing_id as key, number from effect where starts_with(thing_id, $1 || ' ') order by seq",
    [consumer],
  );
  const seen = new Map<string, number[]>();
  for (const { key, number } of rows) {
    const name = key.slice(consumer.length + 1);
    seen.set(name, [...(seen.get(name) ?? []), number]);
  }
  return seen;
}

function expected(steps: readonly Step[]): Map<string, number[]> {
  const all = new Map<string, number[]>();
  for (const each of steps) {
    if (each.do !== "publish") continue;
    const before = all.get(each.key) ?? [];
    all.set(each.key, [...before, before.length + 1]);
  }
  return all;
}

describe("a whole consumer, whatever the order of things", () => {
  it(`gives each message one effect, and each key its order, in ${RUNS} interleavings`, async (t) => {
    const { database } = await serviceDatabase(t);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        deepEqual(await play(database, steps, `run${++run}`), expected(steps));
      }),
      { numRuns: RUNS },
    );
  });
});
