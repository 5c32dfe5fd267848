import type { Event } from "../contract/event.ts";
import type { Transaction } from "../database/database.ts";
import type { Message } from "./message.ts";

/**
 * Publishes an event: the only way out is a row in the outbox, written by `tx`. It leaves when the transaction commits,
 * and never when it does not. What is accepted here can be delivered: `invalid_input` says what can't, before anything is written. Events of one key leave in the order of these calls, so publish after the change it tells of: the
 * changed row's lock then makes the order of events that of the changes.
 */
export type Publish = <Body>(tx: Transaction, event: Event<Body>, body: Body) => Promise<void>;

/**
 * Handles an event. `tx` also holds the record that this message was handled, so its effects happen once however often the
 * message is delivered. The handler is isolated: whatever it does by `tx.query` is as if no other handler or transaction of the service ran
 * (see `Database.transaction`), so reading, deciding and writing needs no locks. Handlers that use nothing but combined statements
 * (`combinedRead`, `combinedWrite`, `publish`, `startSaga`) may share a transaction with others. It may be run more than once, so it must do nothing but use `tx`. A thrown `refused` or `bug` failure parks the message; anything that may pass is tried again.
 */
export type EventHandler<Body> = (body: Body, tx: Transaction, message: Message) => Promise<void>;

/** An event a service wants to hear of, and what it does then. */
export type Subscription = { readonly event: Event; readonly handle: EventHandler<never> };

/** Subscribes to an event. */
export const on = <Body>(event: Event<Body>, handle: EventHandler<Body>): Subscription => ({ event, handle });
