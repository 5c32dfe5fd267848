import assert from "node:assert/strict";
import { test } from "node:test";
import { deadlineExceeded, forbidden } from "@flotilla/chassis/failure";
import { newId } from "@flotilla/chassis/service";
import { fakeClock, hangs, isUnavailable, type NeighboursOf, serviceUnderTest } from "@flotilla/chassis/testing";
import { outOfStock } from "@flotilla/contracts/inventory";
import { euros } from "@flotilla/contracts/money";
import { orderConfirmed, orderPlaced, productUnknown } from "@flotilla/contracts/orders";
import { userCreated } from "@flotilla/contracts/users";
import { service as email } from "../../email/src/service.ts";
import { service as orders } from "../../orders/src/service.ts";
import { assertQuoted } from "./quoted-code.ts";

test("the code of the guide is the code that is tested here", () =>
  assertQuoted("test-a-service.md", new URL(import.meta.url)));

// What the services behind orders say when all goes well.
const neighbours = {
  products: {
    summariseProducts: async () => ({ items: [{ id: "rope", name: "Rope", price: euros(1_250) }] }),
  },
  inventory: {
    reserveStock: async ({ params: { orderId } }) => ({ orderId, state: "reserved" }),
    sellStock: async ({ params: { orderId } }) => ({ orderId, state: "sold" }),
  },
  payments: {
    chargePayment: async ({ params: { orderId }, body: { amount } }) => ({
      ...{ orderId, status: "captured", captured: amount, refunded: euros(0) },
    }),
  },
} satisfies NeighboursOf<typeof orders>;

const rope = { items: [{ productId: "rope", quantity: 2 }], payment: { method: "pm_card_visa" as const } };

test("an order is placed by a customer", async (t) => {
  const under = await serviceUnderTest(t, orders, { neighbours });
  const ann = under.customer("ann");

  const order = await ann.placeOrder({ key: "k1", body: rope });
  assert.equal(order.total.amount, 2_500);
  assert.deepEqual((await ann.listOrders()).items[0]?.id, order.id);
});

test("refusals are values", async (t) => {
  const under = await serviceUnderTest(t, orders, { neighbours });
  const ann = under.customer("ann");

  const unknown = { ...rope, items: [{ productId: "unicorn", quantity: 1 }] };
  await assert.rejects(ann.placeOrder({ key: "k1", body: unknown }), productUnknown.is);

  const answer = await ann.placeOrder.answer({ key: "k1", body: unknown });
  assert.equal(answer.status, 422);
  assert.equal(answer.refused, "product_unknown");

  const raw = await under.anonymous.fetch("/orders", { method: "POST", body: "{" });
  assert.equal(raw.status, 415);
});

test("a declined step rejects the order, and what was asked is seen", async (t) => {
  const under = await serviceUnderTest(t, orders, {
    neighbours: {
      ...neighbours,
      inventory: {
        reserveStock: () => Promise.reject(outOfStock.failure()),
      },
    },
  });
  const order = await under.customer().placeOrder({ key: "k1", body: rope });

  assert.deepEqual(await under.sagaEnd("fulfil order", order.id), { status: "failed", reason: "out_of_stock" });
  assert.deepEqual(under.requests.inventory.reserveStock[0]?.body.lines, [{ productId: "rope", quantity: 2 }]);
  assert.deepEqual(under.requests.payments.chargePayment, []);
});

test("an outage is waited out, with one key", async (t) => {
  let attempts = 0;
  const { chargePayment } = neighbours.payments;
  const under = await serviceUnderTest(t, orders, {
    neighbours: {
      ...neighbours,
      payments: {
        chargePayment: (request) => (++attempts < 3 ? isUnavailable() : chargePayment(request)),
      },
    },
  });
  const order = await under.customer().placeOrder({ key: "k1", body: rope });

  assert.equal((await under.sagaEnd("fulfil order", order.id)).status, "done");
  assert.equal(new Set(under.requests.payments.chargePayment.map(({ key }) => key)).size, 1);
});

test("events that a service publishes are read", async (t) => {
  const under = await serviceUnderTest(t, orders, { neighbours });
  const order = await under.customer("ann").placeOrder({ key: "k1", body: rope });

  const [placed] = await under.published(orderPlaced);
  assert.equal(placed?.userId, "ann");
  const [confirmed] = await under.published(orderConfirmed, 1);
  assert.equal(confirmed?.orderId, order.id);
});

// What the users service says to email.
const users = { getContact: async () => ({ id: "ann", name: "Ann", email: "ann@shop.example" }) };
const confirmedOrder = {
  ...{ orderId: "o1", userId: "ann", userName: "Ann", version: 2, at: "2030-01-01T00:00:00Z" },
  items: [{ productId: "rope", name: "Rope", quantity: 1, unitPrice: euros(1_250) }],
  total: euros(1_250),
};

test("an event becomes one mail, however often it comes", async (t) => {
  const under = await serviceUnderTest(t, email, { neighbours: { users } });

  const id = newId();
  for (let time = 0; time < 2; time++) {
    assert.equal(await under.publish(orderConfirmed, confirmedOrder, { id }), "handled");
  }
  await under.runWorker("deliver mail");
  const { items } = await under.admin().listMailbox();
  assert.deepEqual(
    items.map(({ to, subject }) => [to, subject]),
    [["ann@shop.example", "Receipt for order o1"]],
  );
});

test("an event that can't be handled is parked", async (t) => {
  const under = await serviceUnderTest(t, email, { neighbours: { users } });

  const outcome = await under.publish(orderConfirmed, confirmedOrder, { version: 9 });
  assert.match(JSON.stringify(outcome), /parked.*message_unreadable/);
  assert.equal((await under.deadLetters())[0]?.type, "order.confirmed");
});

test("time passes when the test says so", async (t) => {
  const clock = fakeClock(new Date("2030-01-01T00:00:00Z"));
  const payments = { chargePayment: hangs };
  const under = await serviceUnderTest(t, orders, { clock, neighbours: { ...neighbours, payments } });

  const { clients } = under.parts;
  const body = { userId: "ann", amount: euros(1), method: "pm_card_visa" as const };
  const charging = clients.payments.chargePayment({ params: { orderId: "o1" }, key: "k1", body });
  const [passed] = await Promise.allSettled([charging, clock.advance(10_000)]);
  assert.ok(passed.status === "rejected" && deadlineExceeded.is(passed.reason));
});

test("settings, restarts, replicas and rows", async (t) => {
  const under = await serviceUnderTest(t, email, {
    neighbours: { users },
    settings: { MAIL_FROM: "hello@shop.example" },
  });
  await under.restart({ MAIL_FROM: "news@shop.example" });
  const replica = await under.replica();
  const user = { userId: "ann", name: "Ann", email: "ann@shop.example", createdAt: confirmedOrder.at };
  await under.publish(userCreated, user);
  await Promise.all([under.runWorker("deliver mail"), replica.runWorker("deliver mail")]);

  assert.equal((await replica.admin().listMailbox()).items.length, 1);
  await assert.rejects(replica.customer().listMailbox(), forbidden.is);
  assert.deepEqual(await under.database.query("select state from mail"), [{ state: "sent" }]);
});
