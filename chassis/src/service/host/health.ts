import type { BrokerState } from "../../messaging/brokers/broker.ts";

/** How a service is. */
export type Health = {
  readonly service: string;
  /** Whether it takes work: it has started, and is not draining. */
  ready(): boolean;
  /** Whether it finishes what is under way and wants no more. */
  draining(): boolean;
  /** Whether it could answer right now: what it can't work without, its database, answers, and its event loop did not stand still just now. */
  reachable(): Promise<boolean>;
  /** How its broker is. Told, but no reason not to be ready: events wait in the outbox, and calls are answered all the same. */
  broker?(): BrokerState;
};
