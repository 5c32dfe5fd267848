import type { Transaction } from "@flotilla/chassis/database";
import { on, type Subscription } from "@flotilla/chassis/messaging";
import type { Message } from "@flotilla/chassis/messaging/message";
import { orderCancelled, orderConfirmed, orderRejected } from "@flotilla/contracts/orders";
import { userCreated, userDeleted } from "@flotilla/contracts/users";
import type { Facts, Intent, Template } from "./mail.ts";
import type { MailStore } from "./mail-store.ts";

type Needs = {
  mails: Pick<MailStore, "queue" | "dropQueued">;
  /** Has queued letters looked at without waiting. */
  wake: () => void;
};

/** Which event makes which letter be written. */
export function subscriptions({ mails, wake }: Needs): Subscription[] {
  const orderLetter =
    <Name extends Exclude<Template, "welcome">>(template: Name) =>
    (facts: Facts[Name], tx: Transaction, message: Message) =>
      queue(tx, { id: message.id, template, facts, userId: facts.userId, recipient: null } as Intent);

  async function queue(tx: Transaction, intent: Intent): Promise<void> {
    await mails.queue(tx, intent);
    tx.afterCommit(wake);
  }

  return [
    on(userCreated, (facts, tx, { id }) => {
      const recipient = { email: facts.email };
      return queue(tx, { id, template: "welcome", facts, userId: facts.userId, recipient });
    }),
    on(orderConfirmed, orderLetter("receipt")),
    on(orderRejected, orderLetter("rejection")),
    on(orderCancelled, orderLetter("refund")),
    on(userDeleted, (body, tx) => mails.dropQueued(tx, body.userId)),
  ];
}
