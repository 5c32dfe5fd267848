import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../core/clock.ts";
import { newId } from "../../core/id.ts";
import type { Broker } from "../../messaging/broker.ts";
import { type MemoryQueues, memoryBroker } from "../../messaging/memory-broker.ts";
import { brokerMigrations } from "../../messaging/migrate-broker.ts";
import { postgresBroker } from "../../messaging/postgres-broker.ts";
import { rabbitmqBroker } from "../../messaging/rabbitmq/rabbitmq-broker.ts";
import { createLog } from "../../telemetry/log.ts";
import { testDatabase } from "../postgres.ts";
import { rabbitmqMissing, rabbitmqNode } from "../rabbitmq.ts";
import { faultIn } from "./engine-model.fixture.ts";
import { engineWorld } from "./engine-world.fixture.ts";
import { type Focus, focuses, scenarios } from "./scenarios.fixture.ts";

/**
 * Where a guard was taken away (docs/reference/guards.md) the scenarios are always the same ones, a few more, and the first that fails is
 * enough.
 */
const isPlanted = process.env["PLANTED"] !== undefined;
/** Scenarios in all; ENGINE_RUNS=1000 plays more of them. ENGINE_SEED, as a failure tells it, plays the same ones again. */
const RUNS = Number(process.env["ENGINE_RUNS"] ?? (isPlanted ? 300 : 80));
const SEED = Number(process.env["ENGINE_SEED"] ?? (isPlanted ? 21 : Math.floor(Math.random() * 2 ** 31)));
/** Worlds that play at the same time, since scenarios wait more than they work. */
const WORLDS = 4;

const log = createLog({ service: "engine", level: "silent" });
const migrations = ["messaging", "saga"].map((part) => ({
  name: `chassis/${part}`,
  folder: new URL(`../../${part}/migrations/`, import.meta.url),
}));

type OpenBroker = () => Promise<Broker>;

/** Each driver, what is played on it, the part of the scenarios that each of these has, and why it can't be tried here. */
const drivers: Record<
  string,
  { focuses: readonly Focus[]; part: number; missing?: string | undefined; open(t: TestContext): Promise<OpenBroker> }
> = {
  memory: {
    focuses,
    part: 0.1,
    async open() {
      const queues: MemoryQueues = new Map();
      return async () => memoryBroker({ queues });
    },
  },
  postgres: {
    focuses: ["anything", "dying"],
    part: 0.07,
    async open(t) {
      const { url } = await testDatabase(t, [brokerMigrations]);
      return async () => postgresBroker({ url, clock: systemClock, log, lease: 1_000 });
    },
  },
  rabbitmq: {
    focuses: ["anything", "dying"],
    part: 0.03,
    missing: rabbitmqMissing || undefined,
    async open() {
      const { url } = await rabbitmqNode();
      const exchange = `engine-${newId()}`;
      return () => rabbitmqBroker({ url: `${url}?exchange=${exchange}`, clock: systemClock, log });
    },
  },
};

async function playMany(t: TestContext, open: (t: TestContext) => Promise<OpenBroker>, focus: Focus, count: number) {
  const openBroker = await open(t);
  const { database } = await testDatabase(t, migrations);
  const world = await engineWorld(database, openBroker);
  t.after(() => world.stop());
  await fc.assert(
    fc.asyncProperty(scenarios(focus), async (scenario) => {
      assert.equal(faultIn(scenario, await world.play(scenario)), undefined);
    }),
    { numRuns: count, seed: SEED, endOnFailure: isPlanted },
  );
}

describe("whatever use cases, handlers, steps and operators do, all of it happens once, as if one after another", {
  concurrency: WORLDS,
}, () => {
  for (const [driver, { focuses, part, missing, open }] of Object.entries(drivers)) {
    for (const focus of focuses) {
      test(`on ${driver}, seed ${SEED}, ${focus}`, { skip: missing ?? false }, (t) =>
        playMany(t, open, focus, Math.ceil(RUNS * part)),
      );
    }
  }
});
