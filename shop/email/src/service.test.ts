import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { forbidden, invalidInput, notFound, tokenMissing } from "@flotilla/chassis/failure";
import { newId } from "@flotilla/chassis/service";
import { serviceUnderTest } from "@flotilla/chassis/testing";
import { orderCancelled, orderConfirmed, orderRejected } from "@flotilla/contracts/orders";
import { order } from "./facts.fixture.ts";
import { service } from "./service.ts";

/** The email service beside one that knows how to reach `user-1` alone; `deliver` lets its letters go out. */
async function emailUnderTest(t: TestContext, settings: { SMTP_URL?: string } = {}) {
  const under = await serviceUnderTest(t, service, {
    settings,
    neighbours: {
      users: {
        async getContact({ params: { id } }) {
          if (id !== "user-1") throw notFound.failure();
          return { id, name: "Ada", email: "ada@shop.example" };
        },
      },
    },
  });
  return { ...under, admin: under.admin(), deliver: () => under.runWorker("deliver mail") };
}

test("an event becomes mail that an administrator finds by its address; a repeat of the event adds none", async (t) => {
  const { admin, publish, deliver } = await emailUnderTest(t);
  const id = newId();
  await publish(orderConfirmed, order, { id });
  await deliver();
  const mailbox = async (to: string) => (await admin.listMailbox({ query: { to } })).items;
  const [first] = await mailbox("ADA@shop.example");
  assert.deepEqual([first?.to, first?.subject], ["ada@shop.example", "Receipt for order order-1"]);
  assert.match(first?.text ?? "", /Paid: €25\.05/);
  await publish(orderConfirmed, order, { id });
  await publish(orderCancelled, order);
  await deliver();
  assert.deepEqual(
    (await mailbox("ada@shop.example")).map(({ subject }) => subject),
    ["Refund for order order-1", "Receipt for order order-1"],
  );
  assert.deepEqual(await mailbox("bob@shop.example"), []);
});

test("the mailbox is for administrators, page by page", async (t) => {
  const { admin, customer, anonymous, publish, deliver } = await emailUnderTest(t);
  for (let count = 0; count < 3; count++) await publish(orderConfirmed, order);
  await deliver();
  const first = await admin.listMailbox({ query: { limit: 2 } });
  const rest = await admin.listMailbox({ query: { limit: 2, cursor: first.nextCursor ?? "" } });
  assert.deepEqual([first.items.length, rest.items.length, rest.nextCursor], [2, 1, null]);
  await assert.rejects(customer().listMailbox(), forbidden.is);
  await assert.rejects(anonymous.listMailbox(), tokenMissing.is);
  await assert.rejects(admin.listMailbox({ query: { limit: 0 } }), invalidInput.is);
});

test("with an SMTP server that is away, mail waits, and the mailbox is empty", async (t) => {
  const { admin, publish, deliver, database } = await emailUnderTest(t, { SMTP_URL: "smtp://127.0.0.1:1" });
  await publish(orderConfirmed, order);
  await deliver();
  const states = await database.query("select state from mail where cause is not null");
  assert.deepEqual(states, [{ state: "queued" }]);
  assert.deepEqual(await admin.listMailbox(), { items: [], nextCursor: null });
});

test("mail for an account that is closed is dropped", async (t) => {
  const { admin, publish, deliver, database } = await emailUnderTest(t);
  await publish(orderRejected, { ...order, userId: "user-2", reason: "out_of_stock" });
  await deliver();
  assert.deepEqual(await database.query("select state from mail"), [{ state: "dropped" }]);
  assert.deepEqual((await admin.listMailbox()).items, []);
});
