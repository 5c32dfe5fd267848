import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../core/clock.ts";
import { newId } from "../../core/id.ts";
import type { Broker } from "../../messaging/brokers/broker.ts";
import { type MemoryQueues, memoryBroker } from "../../messaging/brokers/memory/memory-broker.ts";
import { brokerMigrations } from "../../messaging/brokers/postgres/migrate-broker.ts";
import { postgresBroker } from "../../messaging/brokers/postgres/postgres-broker.ts";
import { rabbitmqBroker } from "../../messaging/brokers/rabbitmq/rabbitmq-broker.ts";
import { createLog } from "../../telemetry/log.ts";
import { testDatabase } from "../servers/postgres.ts";
import { rabbitmqMissing, rabbitmqNode } from "../servers/rabbitmq.ts";
import { faultIn } from "./engine-model.fixture.ts";
import { engineWorld } from "./engine-world.fixture.ts";
import { type Focus, focuses, scenarios } from "./scenarios.fixture.ts";

/**
 * Where a guard was taken away (docs/reference/guards.md) the scenarios are always the same ones, a few more, and the first that fails is
 * enough.
 */
const isPlanted = process.env["PLANTED"] !== undefined;
/** What the parts below are parts of; ENGINE_RUNS=1000 plays more scenarios. ENGINE_SEED, as a failure tells it, plays the same ones again. */
const RUNS = Number(process.env["ENGINE_RUNS"] ?? (isPlanted ? 300 : 80));
const SEED = Number(process.env["ENGINE_SEED"] ?? 21);
/** Worlds that play at the same time, since scenarios wait more than they work; and how many of these one plays. */
const WORLDS = 8;
const SCENARIOS_OF_A_WORLD = 20;

const log = createLog({ service: "engine", level: "silent" });
const migrations = ["messaging", "saga"].map((part) => ({
  name: `chassis/${part}`,
  folder: new URL(`../../${part}/migrations/`, import.meta.url),
}));

type OpenBroker = () => Promise<Broker>;

/**
 * On PostgreSQL and RabbitMQ `dying` is played only when ENGINE_FOCUS names it: there a message that came with a deadly one is now and then
 * parked as well, or late. ENGINE_FOCUS plays one focus on all drivers.
 */
const asked = focuses.filter((focus) => focus === process.env["ENGINE_FOCUS"]);
const playing = (usual: readonly Focus[]): readonly Focus[] => (asked.length > 0 ? asked : usual);

/** Each driver, what is played on it, the part of the scenarios that each of these has, and why it can't be tried here. */
const drivers: Record<
  string,
  { focuses: readonly Focus[]; part: number; missing?: string | undefined; open(t: TestContext): Promise<OpenBroker> }
> = {
  memory: {
    focuses: playing(focuses),
    part: 0.11,
    async open() {
      const queues: MemoryQueues = new Map();
      return async () => memoryBroker({ queues });
    },
  },
  postgres: {
    focuses: playing(["sharing", "sending"]),
    part: 0.06,
    async open(t) {
      const { url } = await testDatabase(t, [brokerMigrations]);
      return async () => postgresBroker({ url, clock: systemClock, log, lease: 1_000 });
    },
  },
  rabbitmq: {
    focuses: playing(["sharing", "sending"]),
    part: 0.03,
    missing: rabbitmqMissing || undefined,
    async open() {
      const { url } = await rabbitmqNode();
      const exchange = `engine-${newId()}`;
      return () => rabbitmqBroker({ url: `${url}?exchange=${exchange}`, clock: systemClock, log });
    },
  },
};

/** What a world plays. A seed and a number of scenarios are played again by ENGINE_SEED, by the first world of a focus. */
type Played = { focus: Focus; seed: number; count: number };

/** The scenarios of a focus, by worlds. Where a guard was taken away one world plays all: the first fault ends it. */
function worldsOf(focus: Focus, count: number): Played[] {
  const most = isPlanted ? count : SCENARIOS_OF_A_WORLD;
  return Array.from({ length: Math.ceil(count / most) }, (_, index) => ({
    focus,
    seed: SEED + index,
    count: Math.min(most, count - index * most),
  }));
}

async function playMany(t: TestContext, open: (t: TestContext) => Promise<OpenBroker>, { focus, seed, count }: Played) {
  const openBroker = await open(t);
  const { database } = await testDatabase(t, migrations);
  const world = await engineWorld(database, openBroker);
  t.after(() => world.stop());
  await fc.assert(
    fc.asyncProperty(scenarios(focus), async (scenario) => {
      assert.equal(faultIn(scenario, await world.play(scenario)), undefined);
    }),
    { numRuns: count, seed, endOnFailure: isPlanted },
  );
}

describe("whatever use cases, handlers, steps and operators do, all of it happens once, as if one after another", {
  concurrency: WORLDS,
}, () => {
  for (const [driver, { focuses, part, missing, open }] of Object.entries(drivers)) {
    for (const played of focuses.flatMap((focus) => worldsOf(focus, Math.ceil(RUNS * part)))) {
      test(`on ${driver}, seed ${played.seed}, ${played.focus}`, { skip: missing ?? false }, (t) =>
        playMany(t, open, played),
      );
    }
  }
});
