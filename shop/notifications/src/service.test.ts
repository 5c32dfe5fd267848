import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "@flotilla/chassis/contract";
import { eventually } from "@flotilla/chassis/testing";
import type { Notification } from "@flotilla/contracts/notifications";
import { readEvents } from "../../../chassis/src/testing/read-events.ts";
import { notificationsUnderTest } from "./notifications-under-test.ts";

const order = {
  orderId: "order-1",
  userId: "ada",
  userName: "Ada",
  items: [{ productId: "p1", name: "Teapot", quantity: 1, unitPrice: { amount: 1250, currency: "EUR" } }],
  total: { amount: 1250, currency: "EUR" },
  version: 2,
  at: "2030-01-01T00:00:00Z",
};

test("an event is listed and marked as read by the one it concerns, and by nobody else", async (t) => {
  const { request, publish } = await notificationsUnderTest(t);
  await publish("order.confirmed", order);
  const listOf = async (user: string) => {
    const response = await request(user, "GET", "/notifications");
    return ((await response.json()) as Page<Notification>).items;
  };
  const [notification] = await eventually(async () => {
    const items = await listOf("ada");
    return items.length > 0 && items;
  });
  assert.ok(notification);
  assert.deepEqual([notification.type, notification.orderId, notification.read], ["order.confirmed", "order-1", false]);
  assert.deepEqual(await listOf("bob"), []);
  const read = `/notifications/${notification.id}/read`;
  assert.equal((await request("bob", "POST", read)).status, 404);
  assert.equal((await request("ada", "POST", "/notifications/unknown/read")).status, 404);
  assert.equal((await request("ada", "POST", read)).status, 204);
  assert.equal((await listOf("ada"))[0]?.read, true);
});

test("the stream tells of what this replica and others write, and resumes after the last id", async (t) => {
  const { request, publish, addElsewhere } = await notificationsUnderTest(t);
  const before = await addElsewhere("ada", "before");
  const response = await request("ada", "GET", "/notifications/stream");
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  const stream = readEvents(response);
  assert.equal(await stream.next(), "retry: 1000\n\n");
  await publish("order.confirmed", order);
  assert.match((await stream.next()) ?? "", /^event: notification\nid: \d{16}\ndata: \{.*"Order confirmed".*\}\n\n$/);
  const id = await addElsewhere("ada", "elsewhere");
  await addElsewhere("bob", "not for ada");
  assert.match((await stream.next()) ?? "", new RegExp(`\nid: ${id}\n.*elsewhere`));
  await stream.leave();

  const again = readEvents(await request("ada", "GET", "/notifications/stream", { "last-event-id": before ?? "" }));
  await again.next();
  assert.match((await again.next()) ?? "", /"Order confirmed"/);
  assert.match((await again.next()) ?? "", new RegExp(`\nid: ${id}\n`));
  await again.leave();
});

test("a stream ends when the service stops, and does not hold it up", async (t) => {
  const { request, restart } = await notificationsUnderTest(t);
  const stream = readEvents(await request("ada", "GET", "/notifications/stream"));
  await stream.next();
  const began = performance.now();
  const [end] = await Promise.all([stream.next(), restart()]);
  assert.equal(end, undefined);
  assert.ok(performance.now() - began < 7_000, "the open stream was waited for");
});

test("nobody listens without a token", async (t) => {
  const { request } = await notificationsUnderTest(t);
  assert.equal((await request("ada", "GET", "/notifications/stream", { authorization: "" })).status, 401);
});
