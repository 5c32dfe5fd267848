import type { Audience } from "./audience.ts";
import type { NotificationStore } from "./notification-store.ts";

/** Announces what other replicas have written: one query for everybody who listens here. */
export async function watchReplicas(
  notifications: Pick<NotificationStore, "newest">,
  audience: Pick<Audience, "users" | "announce">,
): Promise<void> {
  const users = audience.users();
  if (users.length === 0) return;
  for (const { userId, id } of await notifications.newest(users)) audience.announce(userId, id);
}
