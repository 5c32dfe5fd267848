import type { Transaction } from "@flotilla/chassis/database";
import { on, type Subscription } from "@flotilla/chassis/messaging";
import type { ErasePerson } from "@flotilla/chassis/service";
import { orderCancelled, orderConfirmed, orderRejected } from "@flotilla/contracts/orders";
import { userCreated, userDeleted } from "@flotilla/contracts/users";
import type { Audience } from "./audience.ts";
import { accountOpened, type Content, cancelled, confirmed, rejected } from "./notification.ts";
import type { NotificationStore } from "./notification-store.ts";

type Needs = {
  notifications: Pick<NotificationStore, "add" | "closeAccount">;
  audience: Pick<Audience, "announce">;
  erase: ErasePerson;
};

/** Which event makes which notification. */
export function subscriptions({ notifications, audience, erase }: Needs): Subscription[] {
  const notify =
    <Body extends { userId: string }>(content: (body: Body) => Content) =>
    async (body: Body, tx: Transaction): Promise<void> => {
      const id = await notifications.add(tx, body.userId, content(body));
      if (id) tx.afterCommit(() => audience.announce(body.userId, id));
    };
  return [
    on(userCreated, notify(accountOpened)),
    on(orderConfirmed, notify(confirmed)),
    on(orderRejected, notify(rejected)),
    on(orderCancelled, notify(cancelled)),
    on(userDeleted, async ({ userId }, tx) => {
      await notifications.closeAccount(tx, userId);
      await erase(tx, userId);
    }),
  ];
}
