import { Type } from "typebox";
import { event } from "../../contract/event.ts";
import type { Database } from "../../database/database.ts";
import type { Broker } from "../../messaging/broker.ts";
import { startConsumer } from "../../messaging/consumer.ts";
import { on } from "../../messaging/messaging.ts";
import { operateDeadLetters } from "../../messaging/operate-dead-letters.ts";
import { createPublish } from "../../messaging/outbox.ts";
import { startRedriver } from "../../messaging/redriver.ts";
import { createRelay } from "../../messaging/relay.ts";
import { createSagaOperations } from "../../saga/operate-sagas.ts";
import { saga } from "../../saga/saga.ts";
import { createSagaRunner } from "../../saga/saga-runner.ts";
import { createSagaSet } from "../../saga/saga-set.ts";
import { createStartSaga } from "../../saga/start-saga.ts";
import { createLog } from "../../telemetry/log.ts";
import { hurriedClock as clock } from "../hurried-clock.ts";
import { declinedByRemote, type ScriptedWork } from "./scripted-work.fixture.ts";

const Ran = Type.Object({ run: Type.Integer(), useCase: Type.Integer(), handler: Type.Integer(), key: Type.String() });
export const ran = event("engine.ran", { key: "key", body: Ran });
const Place = Type.Object({ run: Type.Integer(), useCase: Type.Integer() });

const log = createLog({ service: "engine", level: process.env["TEST_LOG_LEVEL"] ?? "silent" });
const backoff = { first: 5, most: 20 };

/** The saga of the scenarios: two steps that can be undone, one of them remote, the pivot, and one behind it. */
export const sagaOf = (work: ScriptedWork) =>
  saga("engine", Place)
    .step("hold", {
      within: (tx, place) => work.step(tx, place, "hold"),
      undoWithin: (tx, place) => work.step(tx, place, "unhold"),
    })
    .step("ask", {
      do: (place) => work.ask(place),
      undo: (place) => work.callOff(place),
      refuses: [declinedByRemote],
      retry: { outage: backoff },
    })
    .pivot("take", { within: (tx, place) => work.step(tx, place, "take") })
    .step("after", { within: (tx, place) => work.step(tx, place, "after") })
    .fails((tx, place) => work.step(tx, place, "record"));

/** Starts all parts of the engine over one database and one broker. Each can be stopped and started again. */
export async function startParts(database: Database, broker: Broker, work: ScriptedWork) {
  const definition = sagaOf(work);
  const subscriptions = [on(ran, (body, tx) => work.handler(tx, body, body.handler))];
  const around = { database, clock, log };
  let processes = 0;

  const newConsumer = () =>
    startConsumer({
      ...around,
      consumer: "engine",
      broker,
      subscriptions,
      attempts: 4,
      backoff,
      handlingTime: 2_500,
    });
  function newRunner() {
    const owner = `process ${++processes}`;
    const runner = createSagaRunner({ ...around, sagas: [definition], owner, pollInterval: 100 });
    runner.start();
    return { runner, startSaga: createStartSaga({ owner, onCommit: (instance) => runner.run(instance) }) };
  }
  function newRelay() {
    const relay = createRelay({ ...around, broker, interval: 200, backoff });
    relay.start();
    return relay;
  }

  const parts = { stopConsumer: await newConsumer(), relay: newRelay(), ...newRunner() };
  const redrivers = [1, 2].map(() => startRedriver({ ...around, consumer: "engine", subscriptions, interval: 100 }));

  return {
    definition,
    publish: createPublish({ service: "engine", onCommit: () => parts.relay.wake() }),
    startSaga: ((tx, saga, start) => parts.startSaga(tx, saga, start)) satisfies typeof parts.startSaga,
    letters: operateDeadLetters({
      database,
      subscriptions,
      onChange() {
        for (const redriver of redrivers) redriver.wake();
      },
    }),
    sagas: createSagaOperations({
      database,
      sagas: createSagaSet([definition]),
      onChange: () => parts.runner.wake(),
    }),
    async restart(part: "consumer" | "runner" | "relay"): Promise<void> {
      const { stopConsumer, relay, runner } = parts;
      if (part === "consumer") {
        await stopConsumer();
        parts.stopConsumer = await newConsumer();
      } else if (part === "runner") {
        Object.assign(parts, newRunner());
        await runner.stop();
      } else {
        parts.relay = newRelay();
        await relay.stop();
      }
    },
    async stop(): Promise<void> {
      await Promise.all([parts.stopConsumer(), parts.relay.stop(), parts.runner.stop()]);
      await Promise.all(redrivers.map((redriver) => redriver.stop()));
    },
  };
}
