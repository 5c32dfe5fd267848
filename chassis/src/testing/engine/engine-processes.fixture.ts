import { type Clock, systemClock } from "../../core/clock.ts";
import type { Database } from "../../database/database.ts";
import type { Broker } from "../../messaging/brokers/broker.ts";
import { startConsumer } from "../../messaging/consumer/consumer.ts";
import { startRedriver } from "../../messaging/dead-letters/redriver.ts";
import type { Subscription } from "../../messaging/messaging.ts";
import { createRelay } from "../../messaging/outbox/relay.ts";
import type { AnySaga } from "../../saga/definition/saga.ts";
import { createSagaRunner } from "../../saga/runner/saga-runner.ts";
import { createStartSaga } from "../../saga/runner/start-saga.ts";
import type { Log } from "../../telemetry/log.ts";
import { mortal } from "./mortal.fixture.ts";

const backoff = { first: 5, most: 20 };
const handlingTime = 2_500;

/** What starts the parts of the engine anew, each as a process of its own would. */
export function createProcesses(given: {
  around: { database: Database; clock: Clock; log: Log };
  subscriptions: readonly Subscription[];
  openBroker: () => Promise<Broker>;
  /** The broker as relays see it. */
  publishing: Broker;
}) {
  const { around, subscriptions, openBroker, publishing } = given;
  let owners = 0;
  return {
    async newConsumer() {
      const process = mortal(around.database);
      const broker = await openBroker();
      const options = { consumer: "engine", broker, subscriptions, attempts: 4, backoff, handlingTime };
      // A hurried one would not leave a suspect its turn.
      const stop = await startConsumer({ ...around, ...options, clock: systemClock, database: process.database });
      return {
        stop: () => stop().then(() => broker.close()),
        async kill() {
          process.die();
          await broker.close();
          // What is left of it ends by itself.
          stop().catch(() => {});
        },
      };
    },
    newRunner(definition: AnySaga) {
      const owner = `process ${++owners}`;
      const runner = createSagaRunner({ ...around, sagas: [definition], owner, pollInterval: 100 });
      runner.start();
      return { runner, startSaga: createStartSaga({ owner, onCommit: (instance) => runner.run(instance) }) };
    },
    newRelay() {
      const relay = createRelay({ ...around, broker: publishing, interval: 200, backoff, attempts: 3 });
      relay.start();
      return relay;
    },
    newRedriver: () => startRedriver({ ...around, consumer: "engine", subscriptions, interval: 100, handlingTime }),
  };
}
