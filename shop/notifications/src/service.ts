import { defineService, worker } from "@flotilla/chassis/service";
import { notifications as contract } from "@flotilla/contracts/notifications";
import { orderCancelled, orderConfirmed, orderRejected } from "@flotilla/contracts/orders";
import { userCreated, userDeleted } from "@flotilla/contracts/users";
import { newAudience } from "./audience.ts";
import { calls } from "./calls.ts";
import { config } from "./config.ts";
import { subscriptions } from "./events.ts";
import { notificationStore } from "./notification-store.ts";
import { watchReplicas } from "./watch-replicas.ts";

/** Tells customers what happened to them, while they look and for when they come back. */
export const service = defineService(contract, {
  config,
  consumes: [userCreated, userDeleted, orderConfirmed, orderRejected, orderCancelled],
  wire({ config, database, erase, clock }) {
    const notifications = notificationStore(database);
    const audience = newAudience();
    return {
      answers: calls({ notifications, audience, clock }),
      consumes: subscriptions({ notifications, audience, erase }),
      workers: [worker("watch other replicas", 1_000, () => watchReplicas(notifications, audience))],
      retention: [{ table: "notification", key: "id", since: "created_at", days: config.NOTIFICATION_DAYS }],
    };
  },
});
