import type { Clock } from "../core/clock.ts";
import type { Database } from "../database/database.ts";
import { newContext, runInContext } from "../telemetry/context.ts";
import type { Log } from "../telemetry/log.ts";
import { inSpan } from "../telemetry/span.ts";
import { parseTraceparent } from "../telemetry/trace-context.ts";
import type { Tracer } from "../telemetry/tracer.ts";
import { describeError, stackOf } from "./describe-error.ts";
import { type Loop, startLoop } from "./loop.ts";
import type { Subscription } from "./messaging.ts";
import { endRedrive, lockDueLetter, parkAgain, type StoredLetter } from "./operated-dead-letter-store.ts";
import { messageReader } from "./read-message.ts";
import { whoseFault } from "./whose-fault.ts";

export type RedriverOptions = {
  /** Whose dead letters: the name of the service. */
  consumer: string;
  database: Database;
  subscriptions: readonly Subscription[];
  clock: Clock;
  log: Log;
  /** Takes the spans of handling. Default: nobody does. */
  tracer?: Tracer | undefined;
  /** Milliseconds between looks for letters when nothing wakes it. Default 1,000. */
  interval?: number;
};

/**
 * Handles dead letters again that somebody wants handled, one after the other, each in one transaction with its own end: a letter
 * has its effect once, whatever happens meanwhile. One that fails again is parked with its new cause.
 */
export function startRedriver(options: RedriverOptions): Loop {
  const { database, consumer, clock, log, tracer, interval = 1_000 } = options;
  const read = messageReader(options.subscriptions);

  /** Resolves with whether there was a letter. */
  async function round(): Promise<boolean> {
    let current: StoredLetter | undefined;
    try {
      await database.transaction(async (tx) => {
        current = await lockDueLetter(tx, consumer);
        if (!current) return;
        const { id, message } = current;
        // However old it is: the locked letter, not the inbox, knows whether it was handled.
        const { body, handle } = read({ ...message, time: clock.now().toISOString() }, clock.now());
        const parent = parseTraceparent(message.traceparent);
        const context = newContext({ requestId: message.requestId, parent, tracer });
        const attributes = { "messaging.system": "flotilla", "messaging.destination.name": message.type };
        await runInContext(context, () =>
          inSpan(`redrive ${message.type}`, { kind: "consumer", attributes }, () => handle(body, tx, message)),
        );
        await endRedrive(tx, id);
      });
    } catch (error) {
      if (!current || whoseFault(error) === "database") throw error;
      await parkAgain(database, current.id, describeError(error), stackOf(error));
      log.error({ err: error, letterId: current.id, type: current.type }, "a dead letter failed again");
    }
    return current !== undefined;
  }

  return startLoop({ name: "redrive", clock, log, interval, round });
}
