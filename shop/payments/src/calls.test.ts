import assert from "node:assert/strict";
import { test } from "node:test";
import { notFound } from "@flotilla/chassis/failure";
import { euros } from "@flotilla/contracts/money";
import { paymentsUnderTest, tenEuros } from "./payments.fixture.ts";

test("a payment is shown to its owner and to administrators; for others there is none", async (t) => {
  const { charge, refund, customer, admin } = await paymentsUnderTest(t);
  await charge(tenEuros("pm_card_visa"), "key");
  await refund("tombstone");
  const order = { params: { orderId: "order" } };
  const shown = { orderId: "order", status: "captured", captured: euros(1_000), refunded: euros(0) };
  assert.deepEqual(await customer("ann").getPayment(order), shown);
  assert.deepEqual(await admin().getPayment(order), shown);
  for (const orderId of ["order", "tombstone", "unheard-of"]) {
    await assert.rejects(customer("bob").getPayment({ params: { orderId } }), notFound.is);
  }
});
