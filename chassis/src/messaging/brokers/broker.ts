import type { Message } from "../message.ts";

/** What became of a message that was handed to a broker: `held` says that it failed because of the broker's state, not of what it is. */
export type Published = "confirmed" | { readonly failed: string; readonly held?: true };

/**
 * What a consumer says of a delivery: done with it, to be delivered again after so many milliseconds, or (`unhandled`) to be delivered as
 * it is to another, since this one stops: that counts as no attempt.
 */
export type Verdict = "done" | "unhandled" | { readonly retryIn: number };

/** A message on its way to one consumer. `attempt` counts from 1 and grows with each delivery after a `retryIn`. */
export type Delivery = {
  readonly message: Message;
  readonly attempt: number;
  /** Why it can't be handled, whoever reads it: what came is then the body of a message that stands for it, or the broker gave it up. */
  readonly fault?: string;
  /** Whether an earlier delivery was neither settled nor given back: its process may have ended, and maybe because of it. */
  readonly suspect?: true;
};

export type BrokerSubscription = {
  /** The consumer's name. Replicas share it, and with it the messages: each goes to one of them. */
  readonly consumer: string;
  /** The event types it wants. */
  readonly types: readonly string[];
  /** How many deliveries may be under way at once. Those with one key never are. */
  readonly concurrency: number;
  /** Never throws. The broker forgets the message only after `done`. */
  handle(delivery: Delivery): Promise<Verdict>;
};

/** Who hears of what: the consumers of each event type. */
export type Audience = ReadonlyMap<string, readonly string[]>;

/**
 * Whether a broker can be used: `connected`; `blocked` when it can be talked to but takes no messages for now; `away` when it can't be
 * reached, or nobody hears what comes from it.
 */
export type BrokerState = "connected" | "blocked" | "away";

/** Carries messages between services, at least once. Every driver passes the suite in `testing/suites/broker-suite.ts`. */
export interface Broker {
  /** Makes sure that messages of these types are kept for these consumers from now on, whether or not they have ever subscribed. */
  declare(audience: Audience): Promise<void>;
  /**
   * Keeps messages of these types for the consumer no longer. Those that it has not been given yet may still come. Does nothing for a type
   * that it never wanted.
   */
  withdraw(consumer: string, types: readonly string[]): Promise<void>;
  /**
   * Hands messages over, in their order; resolves when each is stored durably for every consumer that wants its type, or is
   * known not to be. After a message that failed, none of its source and key is handed over. Throws
   * `message_refused` when nothing was stored because of what a message is, such as larger than `LARGEST_MESSAGE`; anything else says that the
   * broker is of no use, or that the outcome is unknown.
   */
  publish(messages: readonly Message[]): Promise<Published[]>;
  /**
   * Begins to deliver: what was published since the consumer was declared or first subscribed, also while it was away; messages of one source
   * and key in their order, the next one only after the one before is done. Resolves with a function that stops deliveries and
   * waits for those under way.
   */
  subscribe(subscription: BrokerSubscription): Promise<() => Promise<void>>;
  /** How it is right now, as far as this connection knows. */
  state(): BrokerState;
  /** Lets go at once. Deliveries still under way count as not done: stop the subscriptions first. */
  close(): Promise<void>;
}
