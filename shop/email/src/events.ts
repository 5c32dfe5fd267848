import type { Transaction } from "@flotilla/chassis/database";
import { type Message, on, type Subscription } from "@flotilla/chassis/messaging";
import type { ErasePerson } from "@flotilla/chassis/service";
import { orderCancelled, orderConfirmed, orderRejected } from "@flotilla/contracts/orders";
import { passwordResetRequested } from "@flotilla/contracts/password-reset";
import { credentialsChanged, userCreated, userDeleted } from "@flotilla/contracts/users";
import type { Facts, Intent, Template } from "./mail.ts";
import type { MailStore } from "./mail-store.ts";

type Needs = {
  mails: Pick<MailStore, "queue" | "dropQueued">;
  erase: ErasePerson;
  /** Has queued letters looked at without waiting. */
  wake: () => void;
};

/** Which event makes which letter be written. */
export function subscriptions({ mails, erase, wake }: Needs): Subscription[] {
  /** A letter to where the user can be reached when it is delivered. */
  const letter =
    <Name extends Exclude<Template, "welcome" | "credentialsChanged">>(template: Name) =>
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
    on(orderConfirmed, letter("receipt")),
    on(orderRejected, letter("rejection")),
    on(orderCancelled, letter("refund")),
    on(passwordResetRequested, letter("passwordReset")),
    on(credentialsChanged, (facts, tx, { id }) => {
      const recipient = { email: facts.email };
      return queue(tx, { id, template: "credentialsChanged", facts, userId: facts.userId, recipient });
    }),
    on(userDeleted, async ({ userId }, tx) => {
      await mails.dropQueued(tx, userId);
      await erase(tx, userId);
    }),
  ];
}
