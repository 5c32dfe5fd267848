import { runOutsideContext } from "../../context/context.ts";
import type { EndedSpan } from "../../context/tracer.ts";
import type { Clock } from "../../core/clock.ts";
import type { SendSpans } from "./otlp-exporter.ts";

/** Why spans were not exported: there were too many, they could not be handed over, the backend took only others, or the process ended before. */
export type Dropped = "full" | "failed" | "rejected" | "stopped";

export type SpanQueueOptions = {
  /** Hands spans over. What rejects, or takes too long, is not tried again. */
  readonly send: SendSpans;
  readonly clock: Clock;
  /** The most spans that wait; more are dropped. */
  readonly most: number;
  /** The most spans that are handed over at once. */
  readonly batch: number;
  /** Milliseconds that spans wait for others. */
  readonly delay: number;
  /** Milliseconds that handing over may take. */
  readonly timeout: number;
  onSent(count: number): void;
  /** `error` is why, when they could not be handed over or were rejected. */
  onDropped(count: number, why: Dropped, error?: unknown): void;
};

/** Ended spans on their way out. */
export type SpanQueue = {
  /** Takes a span at once; when too many wait already it is dropped. */
  add(span: EndedSpan): void;
  /** Hands over what waits, for at most 2 seconds; the rest is dropped. */
  close(): Promise<void>;
};

/** Milliseconds that the end of a process waits for whoever takes its spans. */
const LAST_CALL = 2_000;

/** Makes a queue that hands spans over in batches, one after the other. Whoever adds a span never waits, whatever becomes of it. */
export function createSpanQueue(options: SpanQueueOptions): SpanQueue {
  const { clock, most, batch, delay } = options;
  const closing = new AbortController();
  let waiting: EndedSpan[] = [];
  let full = new AbortController();
  let sending: Promise<void> | undefined;

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      if (waiting.length < batch)
        await clock.sleep(delay, AbortSignal.any([full.signal, closing.signal])).catch(() => {});
      full = new AbortController();
      await handOver(options, waiting.splice(0, batch));
    }
    sending = undefined;
  }

  return {
    add(span) {
      if (closing.signal.aborted) options.onDropped(1, "stopped");
      else if (waiting.length >= most) options.onDropped(1, "full");
      else {
        waiting.push(span);
        if (waiting.length === batch) full.abort();
        sending ??= runOutsideContext(sendAll);
      }
    },
    async close() {
      const ended = new AbortController();
      closing.abort();
      await Promise.race([sending, clock.sleep(LAST_CALL, ended.signal).catch(() => {})]);
      ended.abort();
      if (waiting.length > 0) options.onDropped(waiting.length, "stopped");
      waiting = [];
    },
  };
}

async function handOver(options: SpanQueueOptions, spans: readonly EndedSpan[]): Promise<void> {
  const { clock, timeout, send, onSent, onDropped } = options;
  const ended = new AbortController();
  const tooLong = clock.sleep(timeout, ended.signal).then(
    () => Promise.reject(new Error(`the spans were not taken within ${timeout} ms`)),
    () => undefined,
  );
  try {
    const partial = await Promise.race([send(spans), tooLong]);
    const rejected = Math.min(partial?.rejected ?? 0, spans.length);
    if (rejected < spans.length) onSent(spans.length - rejected);
    if (partial) onDropped(rejected, "rejected", new Error(`the backend rejected spans: ${partial.reason}`));
  } catch (error) {
    onDropped(spans.length, "failed", error);
  } finally {
    ended.abort();
  }
}
