import assert from "node:assert/strict";
import { test } from "node:test";
import { tokenMissing } from "@flotilla/chassis/failure";
import { serviceUnderTest } from "@flotilla/chassis/testing";
import { euros } from "@flotilla/contracts/money";
import { paymentDeclined, paymentVoided } from "@flotilla/contracts/payments";
import { service } from "./service.ts";

test("another service charges and refunds an order, also after a restart, and its events tell of it", async (t) => {
  const under = await serviceUnderTest(t, service);
  const orders = under.service();
  const body = { userId: "ann", amount: euros(300), method: "pm_card_visa" as const };
  const charge = { params: { orderId: "order" }, body, key: "step" };
  assert.equal((await orders.chargePayment(charge)).status, "captured");
  await under.restart();
  assert.equal((await orders.chargePayment(charge)).status, "captured");
  const declined = { ...charge, params: { orderId: "declined" }, key: "step-2" };
  const card = { ...body, method: "pm_card_declined" as const };
  await assert.rejects(orders.chargePayment({ ...declined, body: card }), paymentDeclined.is);
  assert.deepEqual(await orders.refundPayment({ params: { orderId: "order" } }), {
    orderId: "order",
    status: "refunded",
    captured: euros(300),
    refunded: euros(300),
  });
  await assert.rejects(orders.chargePayment(charge), paymentVoided.is);
  assert.deepEqual(
    (await under.published()).filter(({ key }) => key === "order").map(({ type }) => type),
    ["payment.captured", "payment.refunded"],
  );
  await assert.rejects(under.anonymous.getPayment({ params: { orderId: "order" } }), tokenMissing.is);
});
