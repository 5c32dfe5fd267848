import assert from "node:assert/strict";
import { test } from "node:test";
import { type Cleanup, fakeClock, testDatabase } from "@flotilla/chassis/testing";
import { newAudience } from "./audience.ts";
import type { Content } from "./notification.ts";
import { notificationStore } from "./notification-store.ts";
import { streamNotifications } from "./stream-notifications.ts";
import { watchReplicas } from "./watch-replicas.ts";

test("a stream begins with what comes after it was opened", async (t) => {
  const shop = await withShop(t);
  await shop.add("ada", "before");
  const stream = await shop.open("ada");
  const id = await shop.add("ada", "after");
  assert.equal(await stream.next(), "retry: 1000\n\n");
  const event = await stream.next();
  assert.match(event, new RegExp(`^event: notification\nid: ${id}\ndata: \\{.*\\}\n\n$`));
  assert.equal(JSON.parse(event.split("data: ")[1] ?? "").message, "after");
});

test("with Last-Event-ID everything after it comes first, in order and without end of pages, then what is new", async (t) => {
  const shop = await withShop(t);
  const ids: (string | undefined)[] = [];
  for (let number = 1; number <= 120; number++) ids.push(await shop.add("ada", `${number}`));
  await shop.add("bob", "not for ada");
  const stream = await shop.open("ada", ids[9]);
  await stream.next();
  for (const id of ids.slice(10)) assert.equal(await stream.nextId(), id);
  const id = await shop.add("ada", "new");
  shop.audience.announce("ada", id ?? "");
  assert.equal(await stream.nextId(), id);
});

test("an id from another time counts as none", async (t) => {
  const shop = await withShop(t);
  await shop.add("ada", "before");
  const stream = await shop.open("ada", "9999999999999999");
  await stream.next();
  const id = await shop.add("ada", "after");
  assert.equal(await stream.nextId(), id);
});

test("a waiting stream is woken at once by this process, and by the watch for other replicas", async (t) => {
  const shop = await withShop(t);
  const stream = await shop.open("ada");
  await stream.next();
  const here = stream.nextId();
  await shop.untilWaiting();
  const first = await shop.add("ada", "here");
  shop.audience.announce("ada", first ?? "");
  assert.equal(await here, first);

  const elsewhere = stream.nextId();
  await shop.untilWaiting();
  const second = await shop.add("ada", "elsewhere");
  await watchReplicas(shop.notifications, shop.audience);
  assert.equal(await elsewhere, second);
});

test("what is announced while nobody reads is neither lost nor repeated", async (t) => {
  const shop = await withShop(t);
  const stream = await shop.open("ada");
  await stream.next();
  const ids = [];
  for (const message of ["1", "2", "3"]) {
    const id = await shop.add("ada", message);
    shop.audience.announce("ada", id ?? "");
    ids.push(id);
  }
  assert.deepEqual([await stream.nextId(), await stream.nextId(), await stream.nextId()], ids);
  const silent = stream.next();
  await shop.untilWaiting();
  await shop.clock.advance(15_000);
  assert.equal(await silent, ": nothing new\n\n");
});

test("a silent stream shows every 15 seconds that it lives, and ends with the time of an access token", async (t) => {
  const shop = await withShop(t);
  const stream = await shop.open("ada");
  await stream.next();
  for (let beat = 1; beat <= 60; beat++) {
    const next = stream.next();
    await shop.untilWaiting();
    await shop.clock.advance(15_000);
    assert.equal(await next, ": nothing new\n\n");
  }
  assert.equal(await stream.ended(), true);
});

test("a stream ends when its reader goes, and nothing of it stays", async (t) => {
  const shop = await withShop(t);
  const stream = await shop.open("ada");
  await stream.next();
  const ended = stream.ended();
  await shop.untilWaiting();
  assert.deepEqual(shop.audience.users(), ["ada"]);
  stream.leave();
  assert.equal(await ended, true);
  assert.deepEqual([shop.audience.users(), shop.clock.sleepers()], [[], 0]);
});

async function withShop(t: Cleanup) {
  const folder = new URL("../migrations/", import.meta.url);
  const { database } = await testDatabase(t, [{ name: "notifications", folder }]);
  const notifications = notificationStore(database);
  const [audience, clock] = [newAudience(), fakeClock()];

  async function open(userId: string, lastEventId?: string) {
    const reader = new AbortController();
    t.after(() => reader.abort());
    const needs = { notifications, audience, clock };
    const events = (await streamNotifications(needs, userId, lastEventId, reader.signal))[Symbol.asyncIterator]();
    const next = async () => (await events.next()).value as string;
    return {
      next,
      nextId: async () => /^id: (.*)$/m.exec(await next())?.[1],
      ended: async () => (await events.next()).done,
      leave: () => reader.abort(),
    };
  }

  async function untilWaiting(): Promise<void> {
    while (clock.sleepers() === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  const add = (userId: string, message: string) => {
    const content: Content = { type: "order.confirmed", title: "Order confirmed", message, orderId: null };
    return database.transaction((tx) => notifications.add(tx, userId, content));
  };
  return { notifications, audience, clock, open, add, untilWaiting };
}
