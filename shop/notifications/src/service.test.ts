import assert from "node:assert/strict";
import { test } from "node:test";
import { notFound } from "@flotilla/chassis/failure";
import { serviceUnderTest } from "@flotilla/chassis/testing";
import { orderConfirmed } from "@flotilla/contracts/orders";
import { readEvents } from "../../../chassis/src/testing/read-events.ts";
import type { Content } from "./notification.ts";
import { notificationStore } from "./notification-store.ts";
import { service } from "./service.ts";

const order = {
  orderId: "order-1",
  userId: "ada",
  userName: "Ada",
  items: [{ productId: "p1", name: "Teapot", quantity: 1, unitPrice: { amount: 1250, currency: "EUR" as const } }],
  total: { amount: 1250, currency: "EUR" as const },
  version: 2,
  at: "2030-01-01T00:00:00Z",
};

test("an event is listed and marked as read by the one it concerns, and by nobody else", async (t) => {
  const under = await serviceUnderTest(t, service);
  const [ada, bob] = [under.customer("ada"), under.customer("bob")];
  await under.publish(orderConfirmed, order);
  const [notification] = (await ada.listNotifications()).items;
  assert.ok(notification);
  assert.deepEqual([notification.type, notification.orderId, notification.read], ["order.confirmed", "order-1", false]);
  assert.deepEqual((await bob.listNotifications()).items, []);
  const params = { id: notification.id };
  await assert.rejects(bob.readNotification({ params }), notFound.is);
  await assert.rejects(ada.readNotification({ params: { id: "unknown" } }), notFound.is);
  await ada.readNotification({ params });
  assert.equal((await ada.listNotifications()).items[0]?.read, true);
});

test("the stream tells of what this replica and others write, and resumes after the last id", async (t) => {
  const under = await serviceUnderTest(t, service);
  const ada = under.customer("ada");
  /** Writes as another replica would: this process is not told. */
  async function addElsewhere(userId: string, message: string): Promise<string | undefined> {
    const content: Content = { type: "order.confirmed", title: "Order confirmed", message, orderId: null };
    return under.database.transaction((tx) => notificationStore(under.database).add(tx, userId, content));
  }
  const before = await addElsewhere("ada", "before");
  const response = await ada.fetch("/notifications/stream");
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  const stream = readEvents(response);
  assert.equal(await stream.next(), "retry: 1000\n\n");
  await under.publish(orderConfirmed, order);
  assert.match((await stream.next()) ?? "", /^event: notification\nid: \d{16}\ndata: \{.*"Order confirmed".*\}\n\n$/);
  const id = await addElsewhere("ada", "elsewhere");
  await addElsewhere("bob", "not for ada");
  assert.match((await stream.next()) ?? "", new RegExp(`\nid: ${id}\n.*elsewhere`));
  await stream.leave();

  const again = readEvents(await ada.fetch("/notifications/stream", { headers: { "last-event-id": before ?? "" } }));
  await again.next();
  assert.match((await again.next()) ?? "", /"Order confirmed"/);
  assert.match((await again.next()) ?? "", new RegExp(`\nid: ${id}\n`));
  await again.leave();
});

test("a stream ends when the service stops, and does not hold it up", async (t) => {
  const under = await serviceUnderTest(t, service);
  const stream = readEvents(await under.customer("ada").fetch("/notifications/stream"));
  await stream.next();
  const began = performance.now();
  const [end] = await Promise.all([stream.next(), under.restart()]);
  assert.equal(end, undefined);
  assert.ok(performance.now() - began < 7_000, "the open stream was waited for");
});

test("nobody listens without a token", async (t) => {
  const { anonymous } = await serviceUnderTest(t, service);
  assert.equal((await anonymous.fetch("/notifications/stream")).status, 401);
});
