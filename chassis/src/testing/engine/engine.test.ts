import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../core/clock.ts";
import { newId } from "../../core/id.ts";
import type { Broker } from "../../messaging/broker.ts";
import { memoryBroker } from "../../messaging/memory-broker.ts";
import { brokerMigrations } from "../../messaging/migrate-broker.ts";
import { postgresBroker } from "../../messaging/postgres-broker.ts";
import { rabbitmqBroker } from "../../messaging/rabbitmq/rabbitmq-broker.ts";
import { createLog } from "../../telemetry/log.ts";
import { testDatabase } from "../postgres.ts";
import { rabbitmqMissing, rabbitmqNode } from "../rabbitmq.ts";
import { faultIn } from "./engine-model.fixture.ts";
import { engineWorld } from "./engine-world.fixture.ts";
import { scenarios } from "./scenario.fixture.ts";

/** Scenarios in all; ENGINE_RUNS=1000 plays more of them. ENGINE_SEED, as a failure tells it, plays the same ones again. */
const RUNS = Number(process.env["ENGINE_RUNS"] ?? 60);
const SEED = Number(process.env["ENGINE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
/** Worlds that play at the same time, since scenarios wait more than they work. */
const WORLDS = 4;

const log = createLog({ service: "engine", level: "silent" });
const migrations = ["messaging", "saga"].map((part) => ({
  name: `chassis/${part}`,
  folder: new URL(`../../${part}/migrations/`, import.meta.url),
}));

/** Each driver, the part of the scenarios that are played on it, and why it can't be tried here. */
const drivers: Record<string, { part: number; missing?: string | undefined; open(t: TestContext): Promise<Broker> }> = {
  memory: { part: 0.5, open: async () => memoryBroker() },
  postgres: {
    part: 0.3,
    async open(t) {
      const { url } = await testDatabase(t, [brokerMigrations]);
      return postgresBroker({ url, clock: systemClock, log });
    },
  },
  rabbitmq: {
    part: 0.2,
    missing: rabbitmqMissing || undefined,
    async open() {
      const { url } = await rabbitmqNode();
      return rabbitmqBroker({ url: `${url}?exchange=engine-${newId()}`, clock: systemClock, log });
    },
  },
};

async function playMany(t: TestContext, open: (t: TestContext) => Promise<Broker>, count: number, seed: number) {
  const broker = await open(t);
  const { database } = await testDatabase(t, migrations);
  const world = await engineWorld(database, broker);
  t.after(async () => {
    await world.stop();
    await broker.close();
  });
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      assert.equal(faultIn(scenario, await world.play(scenario)), undefined);
    }),
    { numRuns: count, seed },
  );
}

describe("whatever use cases, handlers, steps and operators do, all of it happens once, as if one after another", {
  concurrency: WORLDS,
}, () => {
  for (const [driver, { part, missing, open }] of Object.entries(drivers)) {
    for (let world = 0; world < WORLDS; world++) {
      const count = Math.ceil((RUNS * part) / WORLDS);
      test(`on ${driver}, seed ${SEED + world}`, { skip: missing ?? false }, (t) =>
        playMany(t, open, count, SEED + world),
      );
    }
  }
});
