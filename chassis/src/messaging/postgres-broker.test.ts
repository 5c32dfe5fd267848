import type { TestContext } from "node:test";
import { systemClock } from "../core/clock.ts";
import { createLog } from "../telemetry/log.ts";
import { brokerSuite } from "../testing/broker-suite.ts";
import { testDatabase } from "../testing/postgres.ts";
import { brokerMigrations } from "./migrate-broker.ts";
import { postgresBroker } from "./postgres-broker.ts";

const log = createLog({ service: "test", level: process.env["TEST_LOG_LEVEL"] ?? "silent" });

brokerSuite("postgres", async (t: TestContext) => {
  const { url } = await testDatabase(t, [brokerMigrations]);
  return { connect: () => postgresBroker({ url, clock: systemClock, log, lease: 1_000 }) };
});
