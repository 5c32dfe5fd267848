import assert from "node:assert/strict";
import { test } from "node:test";
import type { Transaction } from "@flotilla/chassis/database";
import { type Cleanup, testDatabase } from "@flotilla/chassis/testing";
import { newAudience } from "./audience.ts";
import { subscriptions } from "./events.ts";
import { notificationStore } from "./notification-store.ts";

const order = {
  orderId: "order-1",
  userId: "ada",
  userName: "Ada",
  items: [
    { productId: "p1", name: "Teapot", quantity: 2, unitPrice: { amount: 1250, currency: "EUR" } },
    { productId: "p2", name: "Cup", quantity: 1, unitPrice: { amount: 5, currency: "EUR" } },
  ],
  total: { amount: 2505, currency: "EUR" },
  version: 2,
  at: "2030-01-01T00:00:00Z",
};

test("each event that concerns a customer becomes a notification in words", async (t) => {
  const service = await withSubscriptions(t);
  await service.hear("user.created", { userId: "ada", name: "Ada", email: "ada@shop.example", createdAt: order.at });
  await service.hear("order.confirmed", order);
  await service.hear("order.rejected", { ...order, items: order.items.slice(1), reason: "out_of_stock" });
  await service.hear("order.cancelled", order);
  const list = await service.list("ada");
  assert.deepEqual(
    list.map(({ type, orderId, message }) => [type, orderId, message]),
    [
      ["order.cancelled", "order-1", "Your order of Teapot and 1 more is cancelled, and its price has been paid back."],
      ["order.rejected", "order-1", "Your order of Cup was not accepted: something in it has sold out."],
      ["order.confirmed", "order-1", "Your order of Teapot and 1 more is confirmed and paid."],
      ["user.created", null, "Your account is open. You will hear here of every order you place."],
    ],
  );
});

test("listeners hear of a notification when it is committed, and not of one that was rolled back", async (t) => {
  const service = await withSubscriptions(t);
  const heard: string[] = [];
  service.audience.join("ada", (id) => heard.push(id));
  const fails = service.hear("order.confirmed", order, async () => {
    throw new Error("something else failed");
  });
  await assert.rejects(fails);
  await service.hear("order.confirmed", order, async () => assert.deepEqual(heard, []));
  assert.deepEqual(
    heard,
    (await service.list("ada")).map(({ id }) => id),
  );
});

test("a closed account loses its notifications, and later events about it leave none", async (t) => {
  const service = await withSubscriptions(t);
  await service.hear("order.confirmed", order);
  await service.hear("user.deleted", { userId: "ada", deletedAt: order.at });
  await service.hear("order.cancelled", order);
  assert.deepEqual(await service.list("ada"), []);
});

async function withSubscriptions(t: Cleanup) {
  const folder = new URL("../migrations/", import.meta.url);
  const { database } = await testDatabase(t, [{ name: "notifications", folder }]);
  const [notifications, audience] = [notificationStore(database), newAudience()];
  const all = subscriptions({ erase: async () => {}, notifications, audience });

  async function hear(type: string, body: unknown, then = async (_tx: Transaction) => {}): Promise<void> {
    const subscription = all.find(({ event }) => event.type === type);
    assert.ok(subscription, `nobody listens to ${type}`);
    const message = {
      id: "m",
      type,
      body,
      version: 1,
      key: "k",
      source: "s",
      time: order.at,
      requestId: "r",
      traceparent: "",
    };
    await database.transaction(async (tx) => {
      await subscription.handle(body as never, tx, message);
      await then(tx);
    });
  }
  return { hear, audience, list: (userId: string) => notifications.list(userId, { count: 100 }) };
}
