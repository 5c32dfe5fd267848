import { systemClock } from "../../core/clock.ts";
import type { Database } from "../../database/database.ts";
import type { Cleanup } from "../../testing/servers/postgres.ts";
import type { Broker, Published } from "../brokers/broker.ts";
import type { Message } from "../message.ts";
import { type Happened, quiet, thingHappened } from "../messaging.fixture.ts";
import { createPublish } from "./outbox.ts";
import { createRelay, type Relay, type RelayOptions } from "./relay.ts";

export const soon = { first: 10, most: 20 };
export const bodies = (messages: readonly Message[]) => messages.map(({ body }) => body as Happened);
export const confirmAll = (messages: readonly Message[]): Published[] => messages.map(() => "confirmed");

export function startRelay(t: Cleanup, database: Database, broker: Broker, options: Partial<RelayOptions> = {}): Relay {
  const relay = createRelay({ database, broker, clock: systemClock, log: quiet, interval: 20, ...options });
  relay.start();
  t.after(() => relay.stop());
  return relay;
}

export const publish = createPublish({ service: "things", onCommit: () => {} });

export const publishAll = (database: Database, ...all: Happened[]) =>
  database.transaction(async (tx) => {
    for (const body of all) await publish(tx, thingHappened, body);
  });

export const unsent = (database: Database) =>
  database.query<{ attempts: number; parked: boolean; cause: string | null }>(
    "select attempts, parked_at is not null as parked, cause from outbox where sent_at is null order by seq",
  );

export const numbersOf = (sent: readonly Happened[]) => sent.map(({ number }) => number);
