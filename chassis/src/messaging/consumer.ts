import { type Backoff, backoffDelay } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { Failure } from "../core/failure.ts";
import type { Database } from "../database/database.ts";
import { newContext, runInContext } from "../telemetry/context.ts";
import type { Log } from "../telemetry/log.ts";
import { parseTraceparent } from "../telemetry/trace-context.ts";
import { applyTogether } from "./apply-together.ts";
import type { Broker, Delivery, Verdict } from "./broker.ts";
import { isDatabaseOutage } from "./database-outage.ts";
import { park } from "./dead-letter.ts";
import { readEnvelope, standIn } from "./envelope.ts";
import type { Message } from "./message.ts";
import type { Subscription } from "./messaging.ts";
import { messageReader, messageUnreadable, type ReadMessage } from "./read-message.ts";

export type ConsumerOptions = {
  /** The consumer's name, shared by its replicas: the name of the service. */
  consumer: string;
  database: Database;
  broker: Broker;
  subscriptions: readonly Subscription[];
  clock: Clock;
  log: Log;
  /** How many messages are under way at once. Default 64: those that come together are applied in one transaction. */
  concurrency?: number;
  /** How often a message is tried before it is parked. Default 5. */
  attempts?: number;
  backoff?: Backoff;
};

type Consumer = Required<ConsumerOptions> & {
  read: ReadMessage;
  apply: ReturnType<typeof applyTogether>;
  stopping: AbortSignal;
};

const outageBackoff: Backoff = { first: 100, most: 2_000 };

/**
 * Starts to handle messages. Each is handled in one transaction with its inbox row and the events it publishes, so a repeat
 * changes nothing; messages that come together share a transaction, and one that fails takes nothing with it. Messages that can't be read and those whose handler says no (`refused`, `bug`) are parked as dead letters at
 * once, others after `attempts` attempts with growing delays; while the database is away, messages wait without being counted.
 * Resolves with a function that stops it and waits for the messages under way.
 */
export async function startConsumer(options: ConsumerOptions): Promise<() => Promise<void>> {
  if (options.subscriptions.length === 0) return async () => {};
  const stopping = new AbortController();
  const consumer: Consumer = {
    concurrency: 64,
    attempts: 5,
    backoff: { first: 250, most: 30_000, factor: 4 },
    ...options,
    read: messageReader(options.subscriptions),
    apply: applyTogether(options.database, options.consumer),
    stopping: stopping.signal,
  };
  const unsubscribe = await options.broker.subscribe({
    consumer: options.consumer,
    types: options.subscriptions.map(({ event }) => event.type),
    concurrency: consumer.concurrency,
    handle(came) {
      const delivery = readable(came);
      return runInContext(contextOf(delivery.message), () => handle(consumer, delivery));
    },
  });
  return async () => {
    stopping.abort();
    await unsubscribe();
  };
}

/** Whatever a broker was given by somebody else is a delivery from here on, if one that can only be parked. */
function readable(delivery: Delivery): Delivery {
  if (delivery.fault) return delivery;
  const envelope = readEnvelope(delivery.message);
  return "fault" in envelope
    ? { ...delivery, message: standIn({}, delivery.message), fault: envelope.fault }
    : delivery;
}

const contextOf = (message: Message) =>
  newContext({ requestId: message.requestId, parent: parseTraceparent(message.traceparent) });

/** Handles a delivery, however long its own database is away. */
async function handle(consumer: Consumer, delivery: Delivery): Promise<Verdict> {
  for (let outages = 1; ; outages++) {
    try {
      return await handleOrPark(consumer, delivery);
    } catch (error) {
      if (!isDatabaseOutage(error)) {
        consumer.log.error({ err: error, messageId: delivery.message.id }, "a message could not even be parked");
        return { retryIn: consumer.backoff.most };
      }
      if (consumer.stopping.aborted) return { retryIn: 0 };
      consumer.log.warn({ err: error, messageId: delivery.message.id }, "a message waits for the database");
      await consumer.clock.sleep(backoffDelay(outageBackoff, outages), consumer.stopping).catch(() => {});
    }
  }
}

async function handleOrPark(consumer: Consumer, delivery: Delivery): Promise<Verdict> {
  const { message, attempt, fault } = delivery;
  try {
    if (fault) throw messageUnreadable.failure({ cause: new Error(fault) });
    await consumer.apply(message, consumer.read(message, consumer.clock.now()));
    return "done";
  } catch (error) {
    if (isDatabaseOutage(error)) throw error;
    const facts = { err: error, messageId: message.id, type: message.type, attempt };
    if (mayPass(error) && attempt < consumer.attempts) {
      const retryIn = backoffDelay(consumer.backoff, attempt);
      consumer.log.warn({ ...facts, retryIn: Math.round(retryIn) }, "a message failed and will be tried again");
      return { retryIn };
    }
    await park(consumer.database, consumer.consumer, delivery, error);
    consumer.log.error(facts, "a message failed and was parked");
    return "done";
  }
}

/** A definite no and a bug stay what they are; everything else may be different next time. */
const mayPass = (error: unknown): boolean => !(error instanceof Failure) || error.kind === "unavailable";
