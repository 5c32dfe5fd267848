/* Events: published within a transaction, and consumed within one. */
export type { Message } from "./messaging/message.ts";
export { type EventHandler, on, type Publish, type Subscription } from "./messaging/messaging.ts";
