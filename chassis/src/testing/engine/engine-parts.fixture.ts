import { Type } from "typebox";
import { event } from "../../contract/event.ts";
import type { Database } from "../../database/database.ts";
import type { Broker } from "../../messaging/brokers/broker.ts";
import { operateDeadLetters } from "../../messaging/dead-letters/operate-dead-letters.ts";
import { on } from "../../messaging/messaging.ts";
import { createPublish } from "../../messaging/outbox/outbox.ts";
import { saga } from "../../saga/definition/saga.ts";
import { createSagaSet } from "../../saga/definition/saga-set.ts";
import { createSagaOperations } from "../../saga/operations/operate-sagas.ts";
import { createLog } from "../../telemetry/log.ts";
import { hurriedClock as clock } from "../hurried-clock.ts";
import { createProcesses } from "./engine-processes.fixture.ts";
import { ATTEMPT_TIME } from "./remote-service.fixture.ts";
import { createScriptedWork, declinedByRemote, type ScriptedWork } from "./scripted-work.fixture.ts";

const Ran = Type.Object({
  run: Type.Integer(),
  useCase: Type.Integer(),
  handler: Type.Integer(),
  key: Type.String(),
  padding: Type.Optional(Type.String()),
});
export const ran = event("engine.ran", { key: "key", body: Ran });
const Place = Type.Object({ run: Type.Integer(), useCase: Type.Integer() });

const log = createLog({ service: "engine", level: process.env["TEST_LOG_LEVEL"] ?? "silent" });
const backoff = { first: 5, most: 20 };
/** Longer than a transaction may hold up others: a step that waits behind one has not failed. */
const LOCAL_TIME = 2_500;

/** The saga of the scenarios: two steps that can be undone, one of them remote, the pivot, a timer, and one behind it. Version 2 has one more in front. */
export function sagaOf(work: ScriptedWork, version: 1 | 2) {
  const begun = saga("engine", Place, { version, ...(version === 2 && { migrate: { 1: (stored) => stored } }) });
  const nothing = async () => {};
  const first = version === 1 ? begun : begun.step("first", { within: nothing, undoWithin: nothing });
  return first
    .step("hold", {
      within: (tx, place) => work.step(tx, place, "hold"),
      undoWithin: async (tx, place) => work.step(tx, place, "unhold"),
      timeout: LOCAL_TIME,
    })
    .step("ask", {
      do: (place, { key }) => work.ask(place, key),
      undo: (place, { key }) => work.callOff(place, key),
      refuses: [declinedByRemote],
      retry: { outage: backoff },
      timeout: ATTEMPT_TIME,
    })
    .pivot("take", { within: (tx, place) => work.step(tx, place, "take"), timeout: LOCAL_TIME })
    .after("wait", (place) => work.wait(place))
    .step("after", { within: (tx, place) => work.step(tx, place, "after"), timeout: LOCAL_TIME })
    .fails(async (tx, place) => {
      await work.step(tx, place, "record");
    });
}

/** Starts all parts of the engine over one database and connections to one broker. Each can be stopped and started again. */
export async function startParts(database: Database, openBroker: () => Promise<Broker>, publishing: Broker) {
  const work = createScriptedWork(() => void restart("consumer", true));
  const definitions = { 1: sagaOf(work, 1), 2: sagaOf(work, 2) };
  const subscriptions = [on(ran, (body, tx) => work.handler(tx, body, body.handler))];
  const around = { database, clock, log };
  let version: 1 | 2 = 1;
  const newProcesses = createProcesses({ around, subscriptions, openBroker, publishing });
  const { newConsumer, newRelay } = newProcesses;
  const newRunner = () => newProcesses.newRunner(definitions[version]);

  const parts = { consumer: await newConsumer(), relay: newRelay(), ...newRunner() };
  let consuming: Promise<unknown> = Promise.resolve();
  const redrivers = [1, 2].map(newProcesses.newRedriver);

  async function newConsumerFor(kill: boolean): Promise<void> {
    await (kill ? parts.consumer.kill() : parts.consumer.stop());
    parts.consumer = await newConsumer();
  }

  async function restart(part: "consumer" | "runner" | "relay", kill = false): Promise<void> {
    const { relay, runner } = parts;
    if (part === "consumer") {
      // One after the other: each ends the one that is there then.
      const restarted = consuming.then(() => newConsumerFor(kill));
      consuming = restarted.catch(() => {});
      await restarted;
    } else if (part === "runner") {
      Object.assign(parts, newRunner());
      await runner.stop();
    } else {
      parts.relay = newRelay();
      await relay.stop();
    }
  }

  return {
    work,
    definition: () => definitions[version],
    publish: createPublish({ service: "engine", onCommit: () => parts.relay.wake() }),
    startSaga: ((tx, saga, start) => parts.startSaga(tx, saga, start)) satisfies typeof parts.startSaga,
    letters: operateDeadLetters({
      database,
      subscriptions,
      onChange() {
        for (const redriver of redrivers) redriver.wake();
      },
    }),
    sagas: () =>
      createSagaOperations({
        database,
        sagas: createSagaSet([definitions[version]]),
        onChange: () => parts.runner.wake(),
      }),
    restart,
    /** Sagas are run by another version of their definition from now on. */
    async runVersion(next: 1 | 2): Promise<void> {
      if (version === next) return;
      version = next;
      await restart("runner");
    },
    async stop(): Promise<void> {
      await consuming;
      await Promise.all([parts.consumer.stop(), parts.relay.stop(), parts.runner.stop()]);
      await Promise.all(redrivers.map((redriver) => redriver.stop()));
    },
  };
}
