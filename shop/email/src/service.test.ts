import assert from "node:assert/strict";
import { test } from "node:test";
import { newId } from "@flotilla/chassis/service";
import { eventually } from "@flotilla/chassis/testing";
import { emailUnderTest } from "./email-under-test.ts";
import { order } from "./facts.fixture.ts";

test("an event becomes mail that an administrator finds by its address; a repeat of the event adds none", async (t) => {
  const { ask, publish } = await emailUnderTest(t);
  const id = newId();
  await publish(id, "order.confirmed", order);
  const mailbox = () => ask("/mailbox?to=ADA@shop.example", "admin");
  const first = await eventually(async () => (await mailbox()).body.items[0]);
  assert.deepEqual([first.to, first.subject], ["ada@shop.example", "Receipt for order order-1"]);
  assert.match(first.text, /Paid: €25\.05/);
  await publish(id, "order.confirmed", order);
  await publish(newId(), "order.cancelled", order);
  const all = await eventually(async () => {
    const { items } = (await mailbox()).body;
    return items.length > 1 && items;
  });
  assert.deepEqual(
    all.map(({ subject }: { subject: string }) => subject),
    ["Refund for order order-1", "Receipt for order order-1"],
  );
  assert.deepEqual((await ask("/mailbox?to=bob@shop.example", "admin")).body, { items: [], nextCursor: null });
});

test("the mailbox is for administrators, page by page", async (t) => {
  const { ask, publish } = await emailUnderTest(t);
  for (let count = 0; count < 3; count++) await publish(newId(), "order.confirmed", order);
  await eventually(async () => (await ask("/mailbox", "admin")).body.items.length === 3);
  const { body: first } = await ask("/mailbox?limit=2", "admin");
  const { body: rest } = await ask(`/mailbox?limit=2&cursor=${first.nextCursor}`, "admin");
  assert.deepEqual([first.items.length, rest.items.length, rest.nextCursor], [2, 1, null]);
  assert.equal((await ask("/mailbox", "customer")).status, 403);
  assert.equal((await ask("/mailbox")).status, 401);
  assert.equal((await ask("/mailbox?limit=0", "admin")).status, 400);
});

test("with an SMTP server that is away, mail waits, and the mailbox is empty", async (t) => {
  const { ask, publish, database } = await emailUnderTest(t, { SMTP_URL: "smtp://127.0.0.1:1" });
  await publish(newId(), "order.confirmed", order);
  const [mail] = await eventually(async () => {
    const tried = await database.query<{ state: string }>("select state, cause from mail where cause is not null");
    return tried.length > 0 && tried;
  });
  assert.equal(mail?.state, "queued");
  assert.deepEqual((await ask("/mailbox", "admin")).body, { items: [], nextCursor: null });
});

test("mail for an account that is closed is dropped", async (t) => {
  const { ask, publish, database } = await emailUnderTest(t);
  await publish(newId(), "order.rejected", { ...order, userId: "user-2", reason: "out_of_stock" });
  await eventually(async () => (await database.query("select from mail where state = 'dropped'")).length === 1);
  assert.deepEqual((await ask("/mailbox", "admin")).body.items, []);
});
