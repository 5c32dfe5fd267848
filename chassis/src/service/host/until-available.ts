import type { Clock } from "../../core/clock.ts";
import { ConfigurationError } from "../../core/configuration/config.ts";
import { unavailable } from "../../core/failure/failure.ts";
import type { Log } from "../../telemetry/log.ts";

/** Milliseconds between attempts. */
const PATIENCE = 500;

/** A server that a service can't begin without. */
export type Awaited = {
  /** What it is called in the log. */
  readonly name: string;
  /** The setting that leads to it. */
  readonly setting: string;
};

export const theDatabase: Awaited = { name: "the database", setting: "DATABASE_URL" };
export const theBroker: Awaited = { name: "the broker", setting: "BROKER_URL" };

/**
 * Does `work` again and again while the server is not available, and says so in the log; resolves with its result. A server that is there
 * and lets us not in is a wrong setting: that throws a ConfigurationError, as anything else throws what it is.
 */
export async function untilAvailable<T>(
  { name, setting }: Awaited,
  work: () => Promise<T>,
  { clock, log }: { clock: Clock; log: Log },
): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal) throw new ConfigurationError([`${setting}: ${refusal}`]);
      if (!unavailable.is(error)) throw error;
      log.warn({ err: error.cause }, `waiting for ${name}`);
      await clock.sleep(PATIENCE);
    }
  }
}

const refusals: Readonly<Record<string, string>> = {
  "28000": "the server refuses the sign-in",
  "28P01": "the server refuses the sign-in",
  "3D000": "there is no such database on the server",
};

/** What a server says that does not know us: PostgreSQL by its code, RabbitMQ in words. */
function refusalOf(error: unknown): string | undefined {
  const { code, message = "", cause } = (error ?? {}) as { code?: unknown; message?: string; cause?: unknown };
  if (typeof code === "string" && refusals[code]) return refusals[code];
  if (/ACCESS[_-]REFUSED/i.test(message)) return "RabbitMQ refuses the sign-in";
  return cause === undefined ? undefined : refusalOf(cause);
}
