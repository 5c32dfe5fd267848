import { pageOf } from "@flotilla/chassis/contract";
import { notFound } from "@flotilla/chassis/failure";
import { userOf } from "@flotilla/chassis/identity";
import { answer, type Clock, type Handlers } from "@flotilla/chassis/service";
import type { notifications as contract } from "@flotilla/contracts/notifications";
import type { Audience } from "./audience.ts";
import type { NotificationStore } from "./notification-store.ts";
import { streamNotifications } from "./stream-notifications.ts";

type Needs = { notifications: NotificationStore; audience: Audience; clock: Clock };

/** What the notification service answers: to each user about their own. */
export const calls = (needs: Needs): Handlers<typeof contract> => ({
  async listNotifications({ caller, query: { cursor, limit } }) {
    return pageOf(await needs.notifications.list(userOf(caller).id, { cursor, count: limit + 1 }), limit);
  },
  async readNotification({ caller, params }) {
    if (!(await needs.notifications.markRead(userOf(caller).id, params.id))) throw notFound.failure();
    return undefined;
  },
  async streamNotifications({ caller, headers, signal }) {
    const events = await streamNotifications(needs, userOf(caller).id, headers["last-event-id"], signal);
    // Kept for another request, the connection would hold up a service that stops.
    return answer(200, events, { connection: "close" });
  },
});
