import assert from "node:assert/strict";
import { test } from "node:test";
import { type Cleanup, testDatabase } from "@flotilla/chassis/testing";
import type { Content } from "./notification.ts";
import { notificationStore } from "./notification-store.ts";

const content: Content = { type: "order.confirmed", title: "Order confirmed", message: "Yes.", orderId: "order-1" };

test("a user lists only their own notifications, newest first, page by page", async (t) => {
  const { notifications, add } = await withStore(t);
  const ids = [await add("ada"), await add("ada"), await add("bob"), await add("ada")];
  const page = await notifications.list("ada", { count: 2 });
  assert.deepEqual(
    page.map(({ id }) => id),
    [ids[3], ids[1]],
  );
  const rest = await notifications.list("ada", { count: 2, cursor: ids[1] });
  assert.deepEqual(
    rest.map(({ id }) => id),
    [ids[0]],
  );
  const { id, createdAt, ...said } = rest[0] ?? assert.fail();
  assert.deepEqual(said, { ...content, read: false });
  assert.ok(id && new Date(createdAt).toISOString() === createdAt);
});

test("a notification is marked as read by its owner only", async (t) => {
  const { notifications, add } = await withStore(t);
  const id = (await add("ada")) ?? assert.fail();
  assert.equal(await notifications.markRead("bob", id), false);
  assert.equal((await notifications.list("ada", { count: 1 }))[0]?.read, false);
  assert.deepEqual([await notifications.markRead("ada", id), await notifications.markRead("ada", id)], [true, true]);
  assert.equal((await notifications.list("ada", { count: 1 }))[0]?.read, true);
});

test("once a notification is seen, no older one of the same user can appear behind it", async (t) => {
  const { notifications, database, add } = await withStore(t);
  let second: Promise<string | undefined> | undefined;
  let settled = false;
  const first = database.transaction(async (tx) => {
    const id = await notifications.add(tx, "ada", content);
    second = add("ada").finally(() => {
      settled = true;
    });
    // Holds the transaction open until the other one either has passed it or waits for it.
    while (!settled && !(await someoneWaits())) {}
    if (settled) assert.deepEqual(await seenAfter(""), [id, await second]);
    return id;
  });
  const someoneWaits = async () =>
    (await database.query("select from pg_locks where locktype = 'advisory' and not granted")).length > 0;
  const seenAfter = async (id: string) => (await notifications.after("ada", id, 10)).map((one) => one.id);
  const [one, two] = [await first, await second];
  assert.ok(one && two && one < two);
  assert.deepEqual(await seenAfter(""), [one, two]);
  assert.deepEqual(await seenAfter(one), [two]);
});

test("a closed account keeps nothing, and what is heard of it later leaves nothing", async (t) => {
  const { notifications, database, add } = await withStore(t);
  await add("ada");
  await add("bob");
  await database.transaction((tx) => notifications.closeAccount(tx, "ada"));
  assert.equal(await add("ada"), undefined);
  assert.deepEqual(await notifications.list("ada", { count: 10 }), []);
  assert.equal((await notifications.list("bob", { count: 10 })).length, 1);
});

test("the newest of many users is found at once, and those without any are left out", async (t) => {
  const { notifications, add } = await withStore(t);
  await add("ada");
  const [ada, bob] = [await add("ada"), await add("bob")];
  const newest = await notifications.newest(["ada", "bob", "eve"]);
  assert.deepEqual(
    new Map(newest.map(({ userId, id }) => [userId, id])),
    new Map([
      ["ada", ada],
      ["bob", bob],
    ]),
  );
});

async function withStore(t: Cleanup) {
  const folder = new URL("../migrations/", import.meta.url);
  const { database } = await testDatabase(t, [{ name: "notifications", folder }]);
  const notifications = notificationStore(database);
  const add = (userId: string) => database.transaction((tx) => notifications.add(tx, userId, content));
  return { notifications, database, add };
}
