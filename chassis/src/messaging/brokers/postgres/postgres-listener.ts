import pg from "pg";
import { type Backoff, backoffDelay } from "../../../core/backoff.ts";
import type { Clock } from "../../../core/clock.ts";
import { connectionTo } from "../../../database/connections/connection-to.ts";
import type { Log } from "../../../telemetry/log.ts";

/** A connection that hears notifications. */
export type Listener = {
  connected(): boolean;
  close(): Promise<void>;
};

export type ListenerOptions = {
  url: string;
  /** What the server shows as application_name. */
  name: string;
  channel: string;
  clock: Clock;
  log: Log;
  onNotification(payload: string): void;
  /** Called after each connect: whatever was notified before has not been heard. */
  onConnect(): void;
};

/** Milliseconds between questions whether the server is still there, and those that an answer may take. */
const PULSE = 5_000;
const PATIENCE = 2_000;

const backoff: Backoff = { first: 100, most: 2_000 };

/** Listens to a channel of PostgreSQL, and connects again whenever the connection is lost. */
export function listen(options: ListenerOptions): Listener {
  const closing = new AbortController();
  let connected = false;

  async function run(): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; failures++) {
      try {
        await listenOnce(options, closing.signal, () => {
          connected = true;
          failures = 0;
          options.onConnect();
        });
      } catch (error) {
        if (!closing.signal.aborted) options.log.warn({ err: error }, "the listening connection was lost");
      }
      connected = false;
      await options.clock.sleep(backoffDelay(backoff, failures + 1), closing.signal).catch(() => {});
    }
  }

  const running = run();
  return {
    connected: () => connected,
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** Resolves when `signal` is aborted, rejects when the connection is lost. */
async function listenOnce(options: ListenerOptions, signal: AbortSignal, onConnect: () => void): Promise<void> {
  const client = new pg.Client({
    ...connectionTo(options.url),
    application_name: options.name,
    connectionTimeoutMillis: PATIENCE,
    query_timeout: PATIENCE,
  });
  const lost = Promise.withResolvers<void>();
  const ended = new AbortController();
  lost.promise.catch(() => {});
  client.on("error", lost.reject);
  client.on("end", () => lost.reject(new Error("the server ended the connection")));
  client.on("notification", ({ payload = "" }) => options.onNotification(payload));
  signal.addEventListener("abort", () => lost.resolve(), { once: true });
  try {
    await client.connect();
    await client.query(`listen ${options.channel}`);
    if (!signal.aborted) onConnect();
    feelPulse(client, options.clock, ended.signal).catch(lost.reject);
    await lost.promise;
  } finally {
    ended.abort();
    await client.end().catch(() => {});
  }
}

/** Rejects when the server is no longer there: who only listens would never hear of that. */
async function feelPulse(client: pg.Client, clock: Clock, ended: AbortSignal): Promise<never> {
  for (;;) {
    await clock.sleep(PULSE, ended);
    await client.query("select 1");
  }
}
