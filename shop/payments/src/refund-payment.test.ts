import assert from "node:assert/strict";
import { test } from "node:test";
import { unavailable } from "@flotilla/chassis/failure";
import { euros } from "@flotilla/contracts/money";
import { paymentDeclined, paymentVoided } from "@flotilla/contracts/payments";
import { paymentsUnderTest, tenEuros } from "./payments.fixture.ts";

const facts = { orderId: "order", userId: "ann", amount: euros(1_000) };
const capturedThenRefunded = [
  ["payment.captured", facts],
  ["payment.refunded", facts],
];

test("a refund gives back once what was captured, and a later charge is refused", async (t) => {
  const payments = await paymentsUnderTest(t);
  await payments.charge(tenEuros("pm_card_visa"), "key");
  const refunds = await Promise.all([1, 2, 3].map(() => payments.refund("order")));
  assert.ok(refunds.every(({ status }) => status === "refunded"));
  assert.deepEqual(await payments.ledger("order"), { net: 0, captures: 1, refunds: 1 });
  assert.deepEqual(await payments.events(), capturedThenRefunded);
  await assert.rejects(payments.charge(tenEuros("pm_card_visa"), "key"), paymentVoided.is);
});

test("a charge whose answer was lost is refunded, and both events are told", async (t) => {
  const payments = await paymentsUnderTest(t);
  await assert.rejects(payments.charge(tenEuros("pm_card_lost_answer"), "key"), unavailable.is);
  assert.equal((await payments.refund("order")).status, "refunded");
  assert.deepEqual(await payments.ledger("order"), { net: 0, captures: 1, refunds: 1 });
  assert.deepEqual(await payments.events(), capturedThenRefunded);
});

test("a charge that never arrived is voided, and refused at the provider when it arrives late", async (t) => {
  const payments = await paymentsUnderTest(t);
  const held = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const late = payments.withProvider({
    async charge(charge) {
      asked.resolve();
      await held.promise;
      return payments.provider.charge(charge);
    },
  });
  const charging = late.charge(tenEuros("pm_card_visa"), "key");
  await asked.promise;
  assert.equal((await payments.refund("order")).status, "voided");
  held.resolve();
  await assert.rejects(charging, paymentVoided.is);
  assert.equal(await payments.status("order"), "voided");
  assert.deepEqual(await payments.ledger("order"), { net: 0, captures: 0, refunds: 0 });
  assert.deepEqual(await payments.events(), []);
});

test("a charge that is captured but not recorded when the refund comes is undone", async (t) => {
  const payments = await paymentsUnderTest(t);
  const late = payments.withProvider({
    async charge(charge) {
      const outcome = await payments.provider.charge(charge);
      await payments.refund("order");
      return outcome;
    },
  });
  await assert.rejects(late.charge(tenEuros("pm_card_visa"), "key"), paymentVoided.is);
  assert.equal(await payments.status("order"), "refunded");
  assert.deepEqual(await payments.ledger("order"), { net: 0, captures: 1, refunds: 1 });
  assert.deepEqual(await payments.events(), capturedThenRefunded);
});

test("a charge that is recorded while the provider refunds it ends refunded", async (t) => {
  const payments = await paymentsUnderTest(t);
  await assert.rejects(payments.charge(tenEuros("pm_card_lost_answer"), "key"), unavailable.is);
  const late = payments.withProvider({
    async refund(key) {
      await payments.charge(tenEuros("pm_card_lost_answer"), "key");
      return payments.provider.refund(key);
    },
  });
  assert.equal((await late.refund("order")).status, "refunded");
  assert.deepEqual(await payments.events(), capturedThenRefunded);
});

test("charge and refund at the same time always end with nothing paid", async (t) => {
  const payments = await paymentsUnderTest(t, { slowness: 5 });
  const methods = ["pm_card_visa", "pm_card_slow", "pm_card_flaky", "pm_card_lost_answer"] as const;
  const orders = Array.from({ length: 24 }, (_, index) => `order-${index}`);
  await Promise.all(
    orders.map((order, index) =>
      Promise.allSettled([
        payments.charge(tenEuros(methods[index % 4] as "pm_card_visa", order), order),
        payments.refund(order),
      ]),
    ),
  );
  for (const order of orders) {
    assert.equal((await payments.ledger(order)).net, 0);
    assert.match(await payments.status(order), /refunded|voided/);
  }
});

test("a refund that the provider did not answer is asked for again", async (t) => {
  const payments = await paymentsUnderTest(t);
  await payments.charge(tenEuros("pm_card_visa"), "key");
  const lost = payments.withProvider({
    async refund(key) {
      await payments.provider.refund(key);
      throw unavailable.failure();
    },
  });
  await assert.rejects(lost.refund("order"), unavailable.is);
  assert.equal(await payments.status("order"), "captured");
  assert.equal((await payments.refund("order")).status, "refunded");
  assert.deepEqual(await payments.ledger("order"), { net: 0, captures: 1, refunds: 1 });
});

test("a declined payment stays declined when it is refunded", async (t) => {
  const payments = await paymentsUnderTest(t);
  await assert.rejects(payments.charge(tenEuros("pm_card_declined"), "key"), paymentDeclined.is);
  assert.equal((await payments.refund("order")).status, "declined");
});
