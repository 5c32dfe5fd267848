import assert from "node:assert/strict";
import type { Notification } from "@flotilla/contracts/notifications";
import { readEvents } from "../../chassis/src/testing/read-events.ts";
import type { Visitor } from "./visitor.ts";

/** A customer's page that shows what happens, as it happens. */
export type Listener = {
  /** The next notification; undefined when the stream has ended. Rejects when it was broken off. */
  next(): Promise<Notification | undefined>;
  /** What has come of an event that is not whole. */
  rest(): string;
  /** Drops the connection, whatever is on it. */
  leave(): Promise<void>;
};

/** Listens through the gateway; with an id, to what comes after the notification that has it. */
export async function listen({ shop, session }: Visitor, lastEventId?: string): Promise<Listener> {
  const response = await fetch(new URL("/api/notifications/stream", shop), {
    headers: {
      authorization: `Bearer ${session?.accessToken}`,
      ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
    },
  });
  assert.equal(response.status, 200);
  const events = readEvents(response);
  return {
    async next() {
      for (;;) {
        const piece = await events.next();
        if (piece === undefined) return undefined;
        const [, id, data] = /^event: notification\nid: (.+)\ndata: (.+)\n\n$/.exec(piece) ?? [];
        if (data === undefined) continue;
        const notification: Notification = JSON.parse(data);
        assert.equal(id, notification.id);
        return notification;
      }
    },
    rest: events.rest,
    leave: events.leave,
  };
}

/** The ids of the customer's notifications, oldest first; at most 100. */
export async function notificationIds(visitor: Visitor): Promise<string[]> {
  const { status, body } = await visitor.ask("GET", "/api/notifications?limit=100");
  assert.equal(status, 200);
  return body.items.map(({ id }: Notification) => id).reverse();
}
