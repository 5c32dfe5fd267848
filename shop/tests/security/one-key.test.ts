import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Message } from "@flotilla/chassis/messaging";
import { fileCleanup } from "@flotilla/chassis/testing";
import { memoryBroker } from "../../../chassis/src/messaging/brokers/memory/memory-broker.ts";
import { type Shop, startShop } from "../fixtures/shop.ts";
import { eventually, type Visitor } from "../fixtures/visitor.ts";
import { mailOf, providerNet, stockOf } from "../fixtures/witnesses.ts";
import { send } from "./send.ts";

let shop: Shop;
const broker = memoryBroker();

before(async () => {
  shop = await startShop(fileCleanup, { broker });
});

const KEY = "one-key-all-the-way";

/** What one order left behind on its way, hop by hop. */
async function trailOf(customer: Visitor, orderId: string) {
  const orders = shop.database("orders");
  const payments = shop.database("payments");
  const [stored] = await orders.query<{ scope: string; result: { id: string } }>(
    "select scope, result from idempotency where key = $1 and scope like '%' || $2",
    [KEY, customer.user.id],
  );
  const sagas = await orders.query<{ name: string; key: string }>("select name, key from saga where key = $1", [
    orderId,
  ]);
  const paid = await payments.query<{ key: string }>("select provider_key as key from payment where order_id = $1", [
    orderId,
  ]);
  const charges = await payments.query<{ key: string }>("select key from provider.charge where reference = $1", [
    orderId,
  ]);
  const entries = await payments.query("select kind from provider.entry where reference = $1", [orderId]);
  const events = await orders.query<{ message: Message }>(
    "select message from outbox where key = $1 and message ->> 'type' = 'order.confirmed'",
    [orderId],
  );
  const letters = await shop
    .database("email")
    .query<{ id: string }>("select message_id as id from mailbox where message_id = any ($1)", [
      events.map(({ message }) => message.id),
    ]);
  return { stored, sagas, paid, charges, entries, events, letters };
}

async function placedBy(customer: Visitor, productId: string, method: string) {
  const body = { items: [{ productId, quantity: 1 }], payment: { method } };
  // Who gets no answer in time, on a busy machine, asks again: it is the same order.
  const place = () =>
    eventually("an answer", async () => {
      const { status, body: order } = await customer.placeOrder(body, KEY, {});
      if (status >= 500) return undefined;
      assert.ok(status === 201 || status === 202, JSON.stringify(order));
      return order.id as string;
    });
  const ids = new Set(await Promise.all(Array.from({ length: 20 }, place)));
  assert.equal(ids.size, 1, "all repeats are one order");
  return [...ids][0] as string;
}

test("one key is one order, one saga, one charge and one letter, for each customer who uses it", async () => {
  const product = await shop.admin.addProduct({ name: "Lead line", price: 2_500 }, 10);
  const buyers = [await shop.customer("Ann"), await shop.customer("Bob")];
  const seen = new Set<string>();
  for (const buyer of buyers) {
    const id = await placedBy(buyer, product.id, "pm_card_lost_answer");
    assert.equal((await buyer.finalOrder(id)).status, "confirmed");
    await mailOf(shop, buyer.user.email, 2);
    const trail = await trailOf(buyer, id);
    assert.deepEqual([trail.stored?.scope, trail.stored?.result.id], [`place order ${buyer.user.id}`, id]);
    assert.deepEqual(trail.sagas, [{ name: "fulfil order", key: id }]);
    const key = `${id}:fulfil-order:charge-payment`;
    assert.deepEqual([trail.paid, trail.charges], [[{ key }], [{ key }]], "the step's key reaches the provider");
    assert.deepEqual(trail.entries, [{ kind: "capture" }]);
    assert.equal(trail.events.length, 1);
    assert.deepEqual(trail.letters, [{ id: trail.events[0]?.message.id }], "the event's id names the letter");
    assert.equal(await providerNet(shop, id), 2_500);
    for (const mark of [id, key, trail.events[0]?.message.id as string]) seen.add(mark);
  }
  assert.equal(seen.size, 6, "nothing is shared between customers");
  assert.deepEqual(await stockOf(shop.visitor(), product.id), { available: 8, reserved: 0, sold: 2 });
});

test("repeats behind the gateway change nothing either: of the charge, of the reservation and of the event", async () => {
  const product = await shop.admin.addProduct({ name: "Sextant", price: 7_000 }, 10);
  const cid = await shop.customer("Cid");
  const id = await placedBy(cid, product.id, "pm_card_visa");
  await cid.finalOrder(id);
  await mailOf(shop, cid.user.email, 2);
  const before = await trailOf(cid, id);
  const call = async (service: string, method: string, path: string, body?: object) => {
    const token = await shop.serviceToken("orders", service);
    const headers = { "idempotency-key": `${id}:fulfil-order:charge-payment` };
    return send(shop.url(service), { method, path, token, headers, ...(body ? { body } : {}) });
  };
  const charge = { userId: cid.user.id, amount: { amount: 7_000, currency: "EUR" }, method: "pm_card_visa" };
  for (let repeat = 0; repeat < 3; repeat += 1) {
    assert.equal((await call("payments", "PUT", `/payments/${id}`, charge)).json.status, "captured");
    const lines = [{ productId: product.id, quantity: 1 }];
    assert.equal((await call("inventory", "PUT", `/reservations/${id}`, { lines })).status, 200);
    assert.equal((await call("inventory", "PUT", `/reservations/${id}/sale`)).json.state, "sold");
    await broker.publish(before.events.map(({ message }) => message));
  }
  const another = await call("payments", "PUT", `/payments/${id}`, {
    ...charge,
    amount: { amount: 1, currency: "EUR" },
  });
  assert.deepEqual([another.status, another.json.code], [409, "payment_mismatch"]);
  // A later event of the same key has been handled only when the repeats before it have.
  await cid.ask("POST", `/api/orders/${id}/cancel`);
  await mailOf(shop, cid.user.email, 3);
  const after = await trailOf(cid, id);
  assert.deepEqual([after.charges, after.letters], [before.charges, before.letters]);
  assert.deepEqual(after.entries, [{ kind: "capture" }, { kind: "refund" }]);
  assert.deepEqual(await stockOf(cid, product.id), { available: 10, reserved: 0, sold: 0 });
});

test("a key outlives the process that took it", async () => {
  const product = await shop.admin.addProduct({ name: "Barometer", price: 900 }, 5);
  const dan = await shop.customer("Dan");
  const id = await placedBy(dan, product.id, "pm_card_slow");
  await shop.restart("orders");
  await shop.restart("payments");
  assert.equal(await placedBy(dan, product.id, "pm_card_slow"), id);
  const changed = { items: [{ productId: product.id, quantity: 2 }], payment: { method: "pm_card_slow" } };
  assert.equal((await dan.placeOrder(changed, KEY, {})).body.code, "idempotency_key_reused");
  assert.equal((await dan.finalOrder(id)).status, "confirmed");
  assert.equal(await providerNet(shop, id), 900);
});

test("an event that nobody of the shop could have written has no effect, and is kept with its cause", async () => {
  const eve = await shop.customer("Eve");
  const [row] = await shop
    .database("orders")
    .query<{ message: Message }>("select message from outbox where message ->> 'type' = 'order.confirmed' limit 1");
  const real = row?.message as Message;
  const facts = real.body as Record<string, unknown>;
  const id = (n: number) => `0190a000-0000-7000-8000-00000000000${n}`;
  const forged: Message[] = [
    { ...real, id: id(1), body: { ...facts, userId: eve.user.id, total: { amount: -1, currency: "EUR" } } },
    { ...real, id: id(2), body: { ...facts, userId: eve.user.id, note: "unknown" } },
    { ...real, id: id(3), version: 9, body: { ...facts, userId: eve.user.id } },
    { ...real, id: id(4), body: null },
    { ...real, id: "' or 1=1 --", body: { ...facts, userId: eve.user.id } },
  ];
  const mails = (await mailOf(shop, eve.user.email, 1)).length;
  await broker.publish(forged);
  const parked = await eventually("they are parked", async () => {
    const rows = await shop.database("email").query<{ cause: string }>("select cause from dead_letter");
    return rows.length >= forged.length ? rows : undefined;
  });
  for (const { cause } of parked) assert.match(cause, /message_unreadable|invalid_input/);
  assert.equal((await mailOf(shop, eve.user.email, 1)).length, mails);
  const { body } = await eve.ask("GET", "/api/notifications");
  assert.ok(body.items.every(({ type }: { type: string }) => type !== "order.confirmed"));
});
