import { newContext, runInContext } from "../../context/context.ts";
import { parseTraceparent } from "../../context/trace-context.ts";
import type { Tracer } from "../../context/tracer.ts";
import { type Backoff, backoffDelay } from "../../core/backoff.ts";
import type { Clock } from "../../core/clock.ts";
import { Failure, failureFrom } from "../../core/failure/failure.ts";
import type { Database } from "../../database/database.ts";
import { boundary } from "../../telemetry/boundary.ts";
import type { Log } from "../../telemetry/log.ts";
import { createMetrics, type Metrics } from "../../telemetry/metrics.ts";
import { inSpan, type Span } from "../../telemetry/tracing/span.ts";
import type { Broker, Delivery, Verdict } from "../brokers/broker.ts";
import { park } from "../dead-letters/dead-letter.ts";
import { readEnvelope, standIn } from "../envelope.ts";
import type { Message } from "../message.ts";
import type { Subscription } from "../messaging.ts";
import { type Applied, applyTogether, HANDLING_TIME } from "./apply-together.ts";
import { type ConsumerMetrics, consumerMetrics } from "./consumer-metrics.ts";
import { type DeclaredConsumption, declareConsumed } from "./declare-consumed.ts";
import { type MessageLog, messageLog } from "./log-messages.ts";
import { messageReader, messageUnreadable, type ReadMessage } from "./read-message.ts";
import { createSuspects, type Suspects } from "./suspects.ts";
import { whoseFault } from "./whose-fault.ts";

export type ConsumerOptions = {
  /** The consumer's name, shared by its replicas: the name of the service. */
  consumer: string;
  database: Database;
  broker: Broker;
  subscriptions: readonly Subscription[];
  clock: Clock;
  log: Log;
  /** Takes the spans of handling. Default: nobody does. */
  tracer?: Tracer | undefined;
  /** Counts what becomes of the messages. Default: nobody looks. */
  metrics?: Metrics;
  /** How many messages are under way at once. Default 64: those that come together are applied in one transaction. */
  concurrency?: number;
  /** How often a message is tried before it is parked. Default 5. */
  attempts?: number;
  backoff?: Backoff;
  /** Milliseconds after which an attempt is broken off, and counts as failed. An event itself never expires. Default 20,000. */
  handlingTime?: number;
};

type Consumer = Required<Omit<ConsumerOptions, "metrics">> & {
  /** The types of the events that it handles. */
  types: readonly string[];
  declared: DeclaredConsumption;
  count: ConsumerMetrics;
  lines: MessageLog;
  read: ReadMessage;
  apply: ReturnType<typeof applyTogether>;
  suspects: Suspects;
  stopping: AbortSignal;
};

const outageBackoff: Backoff = { first: 100, most: 2_000 };

/** How often in a row an attempt whose fault is unclear is repeated without being counted. */
const MOST_UNCLEAR = 5;

/** Milliseconds after which a message that only another instance knows is looked at again. */
const LEFT_TO_ANOTHER = 1_000;

/**
 * Starts to handle messages. Each is handled in one transaction with its inbox row and the events it publishes, so a repeat
 * changes nothing; messages that come together share a transaction, and one that fails takes nothing with it. Messages that can't be read and those whose handler says no (`refused`, `bug`) are parked as dead letters at
 * once, others after `attempts` attempts with growing delays; while the consumer's own database is away, messages wait without being counted. One
 * that ends its process is parked after a few times, and counts for no other that was under way then. What an
 * earlier version of the consumer wanted and this one does not is withdrawn from the broker, and dropped when it still comes; what only a
 * newer version handles, which runs at the same time, is left to that.
 * Resolves with a function that stops it and waits for the messages under way.
 */
export async function startConsumer(options: ConsumerOptions): Promise<() => Promise<void>> {
  const stopping = new AbortController();
  const types = options.subscriptions.map(({ event }) => event.type);
  const { consumer: name, database, broker, clock, log } = options;
  const read = messageReader(options.subscriptions);
  const declared = await declareConsumed({ consumer: name, types, database, broker, clock, log });
  if (types.length === 0) return declared.end;
  const consumer: Consumer = {
    types,
    declared,
    concurrency: 64,
    attempts: 5,
    backoff: { first: 250, most: 30_000, factor: 4 },
    handlingTime: HANDLING_TIME,
    tracer: undefined,
    ...options,
    count: consumerMetrics(options.metrics ?? createMetrics(options.consumer), types),
    lines: messageLog(options.log),
    read,
    apply: applyTogether(options.database, options.consumer, options.handlingTime),
    suspects: createSuspects(options),
    stopping: stopping.signal,
  };
  const subscription = {
    consumer: name,
    types,
    concurrency: consumer.concurrency,
    handle(came: Delivery) {
      const delivery = readable(came);
      const context = contextOf(delivery.message, consumer.tracer);
      return runInContext(context, () => inProcessSpan(consumer, delivery, (span) => handle(consumer, delivery, span)));
    },
  };
  const unsubscribe = await broker.subscribe(subscription).catch(async (error: unknown) => {
    await declared.end();
    throw error;
  });
  return async () => {
    stopping.abort();
    await unsubscribe();
    await declared.end();
  };
}

/** Whatever a broker was given by somebody else is a delivery from here on, if one that can only be parked. */
function readable(delivery: Delivery): Delivery {
  if (delivery.fault) return delivery;
  const envelope = readEnvelope(delivery.message);
  return "fault" in envelope
    ? { ...delivery, message: standIn({}, delivery.message), fault: envelope.fault }
    : { ...delivery, message: envelope.message };
}

const contextOf = (message: Message, tracer: Tracer | undefined) =>
  newContext({ requestId: message.requestId, parent: parseTraceparent(message.traceparent), tracer });

/** Handling a message is a part of the trace that it was published in. */
function inProcessSpan<T>(consumer: Consumer, { message, attempt, fault }: Delivery, work: (span: Span) => T): T {
  // What can't be read may say anything about itself.
  const destination = fault ? "unreadable" : message.type;
  const attributes = {
    "messaging.system": "flotilla",
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.destination.name": destination,
    "messaging.consumer.group.name": consumer.consumer,
    "messaging.delivery.attempt": attempt,
  };
  return inSpan(`process ${destination}`, { kind: "consumer", attributes }, work);
}

/** Handles a delivery, however long its own database is away. */
async function handle(consumer: Consumer, delivery: Delivery, span: Span): Promise<Verdict> {
  const { message, attempt } = delivery;
  if (attempt > 1) consumer.count.redelivered(message.type);
  let unclear = 0;
  for (let outages = 1; ; outages++) {
    let failure: unknown;
    try {
      const unhandled = await unhandledVerdict(consumer, delivery);
      if (unhandled) return unhandled;
      await apply(consumer, delivery);
      return "done";
    } catch (error) {
      failure = error;
    }
    const fault = whoseFault(failure);
    if (fault === "unclear") unclear += 1;
    try {
      if (fault === "handler" || unclear > MOST_UNCLEAR) return await retryOrPark(consumer, delivery, failure, span);
    } catch (error) {
      failure = error;
    }
    if (consumer.stopping.aborted) return "unhandled";
    consumer.log.warn({ err: failure, messageId: message.id }, "a message waits for the database");
    await consumer.clock.sleep(backoffDelay(outageBackoff, outages), consumer.stopping).catch(() => {});
  }
}

async function apply(consumer: Consumer, { message, attempt, fault, suspect }: Delivery): Promise<void> {
  const began = performance.now();
  if (fault) throw messageUnreadable.failure({ cause: new Error(fault) });
  boundary("before handler", [message]);
  const readable = consumer.read(message, consumer.clock.now());
  const work = () => consumer.apply(message, readable);
  const applied = await (suspect ? consumer.suspects(message.id, work) : work());
  boundary("after its commit", [message]);
  countApplied(consumer, message, applied);
  consumer.lines(message, attempt, began, applied === "repeated");
}

async function retryOrPark(consumer: Consumer, delivery: Delivery, error: unknown, span: Span): Promise<Verdict> {
  const { message, attempt } = delivery;
  span.fail(failureFrom(error).code);
  const facts = { err: error, messageId: message.id, type: message.type, attempt };
  if (mayPass(error) && attempt < consumer.attempts) {
    const retryIn = backoffDelay(consumer.backoff, attempt);
    consumer.count.failed(message.type);
    consumer.log.warn({ ...facts, retryIn: Math.round(retryIn) }, "a message failed and will be tried again");
    return { retryIn };
  }
  await park(consumer.database, consumer.consumer, delivery, error);
  consumer.count.parked(message.type);
  consumer.log.error(facts, "a message failed and was parked");
  return "done";
}

/** What becomes of a message of a type that this instance has no handler for; undefined when it has one, or the consumer never had. */
async function unhandledVerdict(
  { types, declared, log }: Consumer,
  { message: { id, type }, fault }: Delivery,
): Promise<Verdict | undefined> {
  if (fault || types.includes(type)) return undefined;
  const consumption = await declared.of(type);
  if (consumption === "unknown") return undefined;
  if (consumption === "live") return { retryIn: LEFT_TO_ANOTHER };
  log.info({ messageId: id, type }, "a message was dropped, since its event is no longer consumed");
  return "done";
}

function countApplied({ count, clock }: Consumer, { type, time }: Message, applied: Applied): void {
  if (applied === "repeated") count.repeated(type);
  else count.handled(type, (clock.now().getTime() - Date.parse(time)) / 1_000);
}

/** A definite no and a bug stay what they are; everything else may be different next time. */
const mayPass = (error: unknown): boolean => !(error instanceof Failure) || error.kind === "unavailable";
