import type { Contract } from "../../contract/contract.ts";
import { newId } from "../../core/id.ts";
import { forgetOldResults } from "../../database/idempotency.ts";
import { type Retention, removeOld } from "../../database/retention.ts";
import { startConsumer } from "../../messaging/consumer/consumer.ts";
import { startRedriver } from "../../messaging/dead-letters/redriver.ts";
import { messagingHousekeeping } from "../../messaging/housekeeping.ts";
import type { Loop } from "../../messaging/loop.ts";
import type { Publish, Subscription } from "../../messaging/messaging.ts";
import { showMessages } from "../../messaging/messaging-metrics.ts";
import { createPublish } from "../../messaging/outbox/outbox.ts";
import { createRelay } from "../../messaging/outbox/relay.ts";
import type { StartSaga, StartSagaAlone } from "../../saga/definition/saga.ts";
import { sagaHousekeeping } from "../../saga/operations/housekeeping.ts";
import { sagaMetrics } from "../../saga/operations/saga-metrics.ts";
import { createSagaRunner, type SagaRunner } from "../../saga/runner/saga-runner.ts";
import { createStartSaga, createStartSagaAlone, type StartSagaOptions } from "../../saga/runner/start-saga.ts";
import type { Wiring } from "../definition.ts";
import { type Erased, type ErasePerson, erasePeople } from "../erasure/erase-person.ts";
import { type Worker, worker } from "../worker.ts";
import type { Connections } from "./connections.ts";
import type { HostSettings } from "./settings.ts";
import { theBroker, untilAvailable } from "./until-available.ts";

/** Milliseconds between looks for rows that are not needed any more. */
const HOUSEKEEPING = 60_000;

/** What is to be handled, run and done. */
export type BackgroundWork = Pick<Wiring<never>, "sagas" | "workers" | "retention" | "erases"> & {
  readonly subscriptions: readonly Subscription[];
};

/** What a service does without being asked: sending and handling events, running sagas, its workers. */
export type Background = {
  readonly publish: Publish;
  readonly erase: ErasePerson;
  readonly startSaga: StartSaga;
  readonly startSagaAlone: StartSagaAlone;
  /** To be called when sagas were changed by hand. */
  sagasChanged(): void;
  /** To be called when messages that went wrong were changed by hand. */
  messagesChanged(): void;
  start(work: BackgroundWork): Promise<void>;
  /** Takes no more messages; resolves when those under way are done. */
  stopConsuming(): Promise<void>;
  /** Hands sagas over, ends the workers, and sends what is left in the outbox. */
  stop(): Promise<void>;
};

/** Makes the background of a service. Nothing runs before `start`. */
export function createBackground(
  { service, events }: Contract,
  connections: Connections,
  settings: HostSettings,
): Background {
  const { database, broker, clock, log, tracer, metrics } = connections;
  const owner = newId();
  const relay = createRelay({ database, broker, clock, log, tracer, metrics });
  showMessages(metrics, { database, broker, clock });
  let runner: SagaRunner | undefined;
  let redriver: Loop | undefined;
  let workers: readonly Worker[] = [];
  let erased: Erased = { events: [], sagas: [], rows: [], days: settings.INBOX_DAYS };
  const erasing = erasePeople(database, log, () => erased);
  let stopConsuming = async () => {};
  const starting: StartSagaOptions = {
    owner,
    clock,
    onCommit: (instance) => runner?.run(instance),
    hasRoom: () => runner?.hasRoom() ?? false,
  };

  return {
    publish: createPublish({ service, onCommit: () => relay.wake(), clock }),
    erase: erasing.erase,
    startSaga: createStartSaga(starting),
    startSagaAlone: createStartSagaAlone({ ...starting, database }),
    sagasChanged: () => runner?.wake(),
    messagesChanged() {
      redriver?.wake();
      relay.wake();
    },
    async start({ subscriptions, sagas = [], workers: own = [], retention = [], erases = [] }) {
      runner = createSagaRunner({
        database,
        sagas,
        clock,
        log,
        owner,
        tracer,
        onFinal: sagaMetrics(metrics, database),
      });
      const known = [...Object.values(events), ...subscriptions.map(({ event }) => event)];
      erased = { ...erased, events: known, sagas, rows: erases };
      workers = [...own, erasing.worker, housekeeping(connections, settings, retention)];
      relay.start();
      runner.start();
      for (const each of workers) each.start({ clock, log, tracer });
      const consumer = { consumer: service, subscriptions, database, clock, log, tracer };
      const start = () => startConsumer({ ...consumer, broker, metrics });
      stopConsuming = await untilAvailable(theBroker, start, { clock, log });
      redriver = startRedriver(consumer);
    },
    async stopConsuming() {
      await Promise.all([stopConsuming(), redriver?.stop()]);
    },
    async stop() {
      await Promise.all([runner?.stop(), ...workers.map((each) => each.stop())]);
      await relay.stop();
    },
  };
}

function housekeeping({ database }: Connections, settings: HostSettings, retention: readonly Retention[]): Worker {
  const { OUTBOX_DAYS: outbox, INBOX_DAYS: inbox, DEAD_LETTER_DAYS: letters, SAGA_DAYS, IDEMPOTENCY_DAYS } = settings;
  const removeEndedSagas = sagaHousekeeping(database, SAGA_DAYS);
  return worker("housekeeping", HOUSEKEEPING, async () => {
    // One after the other: it has time, and one connection is enough.
    const more = [
      await forgetOldResults(database, IDEMPOTENCY_DAYS),
      await messagingHousekeeping(database, { outbox, inbox, letters }),
      await removeEndedSagas(),
    ];
    for (const each of retention) more.push(await removeOld(database, each));
    return more.includes(true);
  });
}
