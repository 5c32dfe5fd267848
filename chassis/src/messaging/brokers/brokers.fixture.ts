import { systemClock } from "../../core/clock.ts";
import { newId } from "../../core/id.ts";
import { type Cleanup, testDatabase } from "../../testing/servers/postgres.ts";
import { rabbitmqMissing, rabbitmqNode } from "../../testing/servers/rabbitmq.ts";
import type { BrokerUnderTest } from "../../testing/suites/broker-under-test.ts";
import { quiet } from "../messaging.fixture.ts";
import { type MemoryQueues, memoryBroker } from "./memory/memory-broker.ts";
import { brokerMigrations } from "./postgres/migrate-broker.ts";
import { postgresBroker } from "./postgres/postgres-broker.ts";
import { rabbitmqBroker } from "./rabbitmq/rabbitmq-broker.ts";

/** A driver that a test runs on, against the real thing. */
export type DriverUnderTest = {
  readonly name: string;
  /** Why tests can't run on it here. */
  readonly skip: string | false;
  make(t: Cleanup): Promise<BrokerUnderTest>;
};

/** All drivers. */
export const drivers: readonly DriverUnderTest[] = [
  {
    name: "memory",
    skip: false,
    async make() {
      const queues: MemoryQueues = new Map();
      return { connect: async () => memoryBroker({ queues }) };
    },
  },
  {
    name: "postgres",
    skip: false,
    async make(t) {
      const { url } = await testDatabase(t, [brokerMigrations]);
      const options = { url, clock: systemClock, log: quiet, lease: 1_000, interval: 20 };
      return { connect: () => postgresBroker(options) };
    },
  },
  {
    name: "rabbitmq",
    skip: rabbitmqMissing,
    async make() {
      const url = `${(await rabbitmqNode()).url}?exchange=test-${newId()}`;
      return { connect: () => rabbitmqBroker({ url, clock: systemClock, log: quiet }) };
    },
  },
];
