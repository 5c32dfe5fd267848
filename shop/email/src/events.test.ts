import assert from "node:assert/strict";
import { test } from "node:test";
import type { Transaction } from "@flotilla/chassis/database";
import { type Cleanup, testDatabase } from "@flotilla/chassis/testing";
import { subscriptions } from "./events.ts";
import { order } from "./facts.fixture.ts";
import { mailStore } from "./mail-store.ts";

test("each event that concerns a customer becomes the intent of a letter, once however often it is heard", async (t) => {
  const service = await withSubscriptions(t);
  const user = { userId: "user-1", name: "Ada", email: "ada@shop.example", createdAt: order.at };
  const hearAll = async () => {
    await service.hear("1", "user.created", user);
    await service.hear("2", "order.confirmed", order);
    await service.hear("3", "order.rejected", { ...order, reason: "out_of_stock" });
    await service.hear("4", "order.cancelled", order);
    await service.hear("5", "user.password_reset_requested", {
      userId: "user-1",
      resetId: "reset-1",
      requestedAt: order.at,
    });
    await service.hear("6", "user.credentials_changed", {
      userId: "user-1",
      email: "ada@shop.example",
      changed: ["password"],
      changedAt: order.at,
    });
  };
  await hearAll();
  await hearAll();
  assert.deepEqual(await service.queued(), [
    { id: "1", template: "welcome", userId: "user-1" },
    { id: "2", template: "receipt", userId: "user-1" },
    { id: "3", template: "rejection", userId: "user-1" },
    { id: "4", template: "refund", userId: "user-1" },
    { id: "5", template: "passwordReset", userId: "user-1" },
    { id: "6", template: "credentialsChanged", userId: "user-1" },
  ]);
});

test("delivery is woken by the commit, and not by what was rolled back", async (t) => {
  const service = await withSubscriptions(t);
  const failing = service.hear("1", "order.confirmed", order, async () => {
    throw new Error("something else failed");
  });
  await assert.rejects(failing);
  assert.deepEqual([await service.queued(), service.wakes()], [[], 0]);
  await service.hear("1", "order.confirmed", order, async () => assert.equal(service.wakes(), 0));
  assert.equal(service.wakes(), 1);
});

test("a closed account gets no more of the letters that were queued", async (t) => {
  const service = await withSubscriptions(t);
  await service.hear("1", "order.confirmed", order);
  await service.hear("2", "user.deleted", { userId: "user-1", deletedAt: order.at });
  assert.deepEqual(await service.queued(), []);
});

async function withSubscriptions(t: Cleanup) {
  const folder = new URL("../migrations/", import.meta.url);
  const { database } = await testDatabase(t, [{ name: "email", folder }]);
  let wakes = 0;
  const wake = () => {
    wakes += 1;
  };
  const all = subscriptions({ erase: async () => {}, mails: mailStore(database), wake });

  async function hear(id: string, type: string, body: unknown, then = async (_tx: Transaction) => {}): Promise<void> {
    const subscription = all.find(({ event }) => event.type === type);
    assert.ok(subscription, `nobody listens to ${type}`);
    const message = {
      id,
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
  const queued = () =>
    database.query(`select id, template, user_id as "userId" from mail where state = 'queued' order by id`);
  return { hear, queued, wakes: () => wakes };
}
