import type { Tracer } from "../../context/tracer.ts";
import { type Backoff, backoffDelay } from "../../core/backoff.ts";
import type { Clock } from "../../core/clock.ts";
import type { Database } from "../../database/database.ts";
import { boundary } from "../../telemetry/boundary.ts";
import type { Log } from "../../telemetry/log.ts";
import { createMetrics, type Metrics } from "../../telemetry/metrics.ts";
import type { Broker, Published } from "../brokers/broker.ts";
import { type Loop, startLoop } from "../loop.ts";
import { type AdaptiveSize, adaptiveSize } from "./adaptive-size.ts";
import {
  type ClaimedBatch,
  claimUnsent,
  markSent,
  markUnsent,
  type OutboxRow,
  releaseClaim,
  type Unsent,
} from "./outbox-store.ts";
import { publishBatch } from "./publish-batch.ts";
import { beginSending } from "./send-spans.ts";

/** Carries events from the outbox to the broker. */
export type Relay = {
  start(): void;
  /** Looks into the outbox now; called after a commit that left something there. */
  wake(): void;
  /** Sends what is still in the outbox, as long as the broker takes it (at most 5 s), and ends. */
  stop(): Promise<void>;
};

export type RelayOptions = {
  database: Database;
  broker: Broker;
  clock: Clock;
  log: Log;
  /** Takes the spans of sending. Default: nobody does. */
  tracer?: Tracer | undefined;
  /** Counts what leaves. Default: nobody looks. */
  metrics?: Metrics;
  /** The most events sent at once. Default 500. */
  batch?: number;
  /** Milliseconds between looks into the outbox when nothing wakes the relay. Default 1,000. */
  interval?: number;
  /** Milliseconds after which the claim of a relay that is gone ends. Must be longer than a broker takes to answer. Default 15,000. */
  lease?: number;
  /** How often an event is tried that the broker refuses; then it is parked. Outages of the broker do not count, and never park one. Default 10. */
  attempts?: number;
  backoff?: Backoff;
};

type Relaying = RelayOptions & { readonly size: AdaptiveSize; count(sent: number, refused: number): void };

const LONGEST_FLUSH = 5_000;

/** About so many bytes of events are sent at once. */
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Makes the relay of a service. Any number of replicas may run one: events with the same key leave in their order, one that
 * fails holds up those after it with its key and no others. An event is marked sent only after the broker's confirm; a crash in
 * between sends it again. Batches are bounded in bytes, and halved when they take too long. No transaction is open while the broker is asked: claims are leases on the database's clock.
 */
export function createRelay(given: RelayOptions): Relay {
  const { clock, log, interval = 1_000, metrics = createMetrics("relay") } = given;
  const countSent = metrics.counter("outbox_sent_total", "Events that the broker has confirmed");
  const countRefused = metrics.counter("outbox_refused_total", "Attempts to send an event that the broker refused");
  const options: Relaying = {
    ...given,
    size: adaptiveSize({ events: given.batch ?? 500, bytes: MOST_BYTES }),
    count(sent, refused) {
      countSent({}, sent);
      countRefused({}, refused);
    },
  };
  let loop: Loop | undefined;
  return {
    start() {
      loop ??= startLoop({ name: "relay", clock, log, interval, round: () => relayBatch(options) });
    },
    wake: () => loop?.wake(),
    async stop() {
      if (!loop) return;
      await loop.stop();
      loop = undefined;
      await flush(options);
    },
  };
}

async function flush(options: Relaying): Promise<void> {
  const until = options.clock.monotonic() + LONGEST_FLUSH;
  try {
    while (options.clock.monotonic() < until && (await relayBatch(options)));
  } catch (error) {
    options.log.warn({ err: error }, "events stay in the outbox until the next start");
  }
}

/** Sends one batch; resolves with whether there may be more. After one that fails the next is half as large. */
async function relayBatch(options: Relaying): Promise<boolean | "soon"> {
  try {
    const more = await relayOnce(options);
    options.size.succeeded();
    return more;
  } catch (error) {
    options.size.failed();
    throw error;
  }
}

async function relayOnce(options: Relaying): Promise<boolean | "soon"> {
  const { database, broker, log, lease = 15_000 } = options;
  const size = options.size.now();
  const claimed = await claimUnsent(database, size, lease);
  if (claimed.rows.length === 0) return false;
  const messages = claimed.rows.map((row) => row.message);
  const endSending = beginSending(options.tracer, messages);
  let results: Published[];
  try {
    const publishing = publishBatch(broker, messages);
    boundary("after publish", messages);
    results = await publishing;
    boundary("after confirm", messages);
    endSending(results);
  } catch (error) {
    endSending([]);
    await releaseClaim(database, claimed).catch((err: unknown) => log.warn({ err }, "a claim ends with its lease"));
    throw error;
  }
  await record(options, claimed, results);
  return claimed.rows.length >= size.events || "soon";
}

async function record(options: Relaying, { claim, rows }: ClaimedBatch, results: Published[]): Promise<void> {
  const isSent = (_: OutboxRow, index: number) => results[index] === "confirmed";
  const sent = rows.filter(isSent).map((row) => row.seq);
  options.count(sent.length, rows.length - sent.length);
  if (sent.length > 0) await markSent(options.database, sent);
  if (sent.length === rows.length) return;
  const unsent = whatIsUnsent(options, rows, results);
  await markUnsent(options.database, claim, unsent);
  for (const { seq, cause, attempts } of unsent.filter((row) => row.park)) {
    options.log.error({ seq, cause, attempts }, "an event can't be sent and was parked in the outbox");
  }
}

/** An event that is held waits about as long as one at this attempt. */
const HELD = 4;

/** Only the first failed event of a key has used up an attempt: those after it were not to be sent before it. */
function whatIsUnsent(options: RelayOptions, rows: readonly OutboxRow[], results: Published[]): Unsent[] {
  const { attempts: most = 10, backoff = { first: 500, most: 60_000 } } = options;
  const failedKeys = new Set<string>();
  const unsent: Unsent[] = [];
  for (const [index, { seq, message, attempts: before }] of rows.entries()) {
    const result = results[index] ?? { failed: "the broker gave no answer" };
    if (result === "confirmed") continue;
    if (failedKeys.has(message.key)) {
      unsent.push({ seq, attempts: before, retryIn: null, cause: null, park: false });
      continue;
    }
    failedKeys.add(message.key);
    // What the broker's state is to blame for is tried until that is better.
    const attempts = result.held ? before : before + 1;
    const retryIn = result.held ? backoffDelay(backoff, HELD) : backoffDelay(backoff, attempts);
    unsent.push({ seq, attempts, retryIn, cause: result.failed, park: !result.held && attempts >= most });
  }
  return unsent;
}
