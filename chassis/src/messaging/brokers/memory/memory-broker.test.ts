import { brokerSuite } from "../../../testing/suites/broker-suite.ts";
import { type MemoryQueues, memoryBroker } from "./memory-broker.ts";

brokerSuite("memory", async () => {
  const queues: MemoryQueues = new Map();
  return { connect: async () => memoryBroker({ queues }) };
});
