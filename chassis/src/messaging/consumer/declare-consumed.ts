import { type Backoff, backoffDelay } from "../../core/backoff.ts";
import type { Clock } from "../../core/clock.ts";
import { newId } from "../../core/id.ts";
import type { Database, Transaction } from "../../database/database.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Broker } from "../brokers/broker.ts";
import {
  type Consumption,
  consumptionOf,
  lockInstances,
  markWithdrawn,
  otherTypes,
  registerInstance,
  removeInstance,
} from "./consumed-events-store.ts";

/** What an instance of a consumer has declared to handle. */
export type DeclaredConsumption = {
  /** Whether another instance handles events of a type that this one does not know, or an earlier version of the consumer did. */
  of(type: string): Promise<Consumption>;
  /** Takes the declaration back: this instance handles nothing any more. */
  end(): Promise<void>;
};

export type DeclareOptions = {
  consumer: string;
  /** The types of the events that it handles. */
  types: readonly string[];
  database: Database;
  broker: Broker;
  clock: Clock;
  log: Log;
};

/** Seconds for which an instance that says nothing more counts as running, and milliseconds between what it says. */
const LEASE = 60;
const INTERVAL = 20_000;

const outage: Backoff = { first: 100, most: 2_000 };

/**
 * Declares what an instance of a consumer handles, and withdraws from the broker what an earlier version of the consumer wanted and no
 * instance handles any more; what one still handles is left, and withdrawn when it has gone. The log says which. Resolves when that is done once,
 * however long the database is away.
 */
export async function declareConsumed(options: DeclareOptions): Promise<DeclaredConsumption> {
  const { consumer, types, database, broker, clock, log } = options;
  const id = newId();
  let left = "";

  async function round(): Promise<void> {
    const decide = async (tx: Transaction): Promise<void> => {
      await lockInstances(tx);
      await registerInstance(tx, { id, types, seconds: LEASE });
      const others = await otherTypes(tx, types);
      const withdrawn = others.filter(({ live }) => !live).map(({ type }) => type);
      const kept = others.filter(({ live }) => live).map(({ type }) => type);
      if (withdrawn.length > 0) {
        // Under the lock: an instance that comes to handle one of them declares it anew behind this.
        await broker.withdraw(consumer, withdrawn);
        await markWithdrawn(tx, withdrawn);
        log.info({ types: withdrawn }, "events that are no longer consumed were withdrawn from the broker");
      }
      if (kept.join() !== left && kept.length > 0) {
        log.info({ types: kept }, "events that only other instances still consume were left at the broker");
      }
      left = kept.join();
    };
    // What the one before wrote under the lock is to be seen.
    await database.transaction(decide, { isolation: "read committed" });
  }

  for (let failures = 1; !(await succeeds(round, log)); failures++) await clock.sleep(backoffDelay(outage, failures));
  let running: Promise<unknown> = Promise.resolve();
  // It holds nothing up: what it says ends by itself.
  const timer = setInterval(() => {
    running = running.then(() => succeeds(round, log));
  }, INTERVAL).unref();
  return {
    of: (type) => consumptionOf(database, type),
    async end() {
      clearInterval(timer);
      await running;
      await removeInstance(database, id).catch((error: unknown) => {
        log.debug({ err: error }, "what this instance declared ends by itself");
      });
    },
  };
}

async function succeeds(round: () => Promise<void>, log: Log): Promise<boolean> {
  try {
    await round();
    return true;
  } catch (error) {
    log.warn({ err: error }, "what is consumed here could not be declared, and will be again");
    return false;
  }
}
