import type { Clock } from "@flotilla/chassis/service";
import type { Notification } from "@flotilla/contracts/notifications";
import type { Audience } from "./audience.ts";
import { newBell } from "./bell.ts";
import type { NotificationStore } from "./notification-store.ts";

type Needs = {
  notifications: Pick<NotificationStore, "after" | "newest">;
  audience: Pick<Audience, "join">;
  clock: Clock;
};

const PAGE = 50;
const HEARTBEAT = 15_000;
/** As long as an access token is good: whoever was signed out does not listen for ever. The browser comes back by itself. */
const LONGEST = 15 * 60_000;

/**
 * The user's notifications as server-sent events, until `signal` is aborted: after `lastEventId` those that came later, then (or
 * without it) each new one as it comes. The place is found before this resolves, so nothing that is written afterwards is missed.
 * An id that is ahead of everything is from another time, and counts as none. Reads on only when what it gave was taken.
 */
export async function streamNotifications(
  needs: Needs,
  userId: string,
  lastEventId: string | undefined,
  signal: AbortSignal,
): Promise<AsyncIterable<string>> {
  const [newest] = await needs.notifications.newest([userId]);
  const now = newest?.id ?? "";
  return eventsAfter(needs, userId, lastEventId && lastEventId < now ? lastEventId : now, signal);
}

async function* eventsAfter(
  { notifications, audience, clock }: Needs,
  userId: string,
  start: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const bell = newBell(clock);
  const end = clock.monotonic() + LONGEST;
  let position = start;
  const leave = audience.join(userId, (newest) => {
    if (newest > position) bell.ring();
  });
  signal.addEventListener("abort", bell.ring);
  try {
    yield "retry: 1000\n\n";
    while (!signal.aborted && clock.monotonic() < end) {
      const page = await notifications.after(userId, position, PAGE);
      for (const notification of page) {
        position = notification.id;
        yield asEvent(notification);
      }
      if (page.length < PAGE && !(await bell.wait(HEARTBEAT))) yield ": nothing new\n\n";
    }
  } finally {
    leave();
    signal.removeEventListener("abort", bell.ring);
  }
}

const asEvent = (notification: Notification): string =>
  `event: notification\nid: ${notification.id}\ndata: ${JSON.stringify(notification)}\n\n`;
