import assert from "node:assert/strict";
import { test } from "node:test";
import { unavailable } from "@flotilla/chassis/failure";
import { euros } from "@flotilla/contracts/money";
import { insufficientFunds, paymentDeclined, paymentMismatch, paymentVoided } from "@flotilla/contracts/payments";
import { paymentsUnderTest, tenEuros } from "./payments.fixture.ts";

const facts = { orderId: "order", userId: "ann", amount: euros(1_000) };

test("a charge is captured once and told once, however often and with whatever key it is asked for", async (t) => {
  const payments = await paymentsUnderTest(t);
  const keys = ["key-1", "key-1", "key-2", "key-3"];
  const answers = await Promise.all(keys.map((key) => payments.charge(tenEuros("pm_card_visa"), key)));
  answers.push(await payments.charge(tenEuros("pm_card_visa"), "key-4"));
  assert.ok(answers.every(({ status }) => status === "captured"));
  assert.deepEqual(await payments.ledger("order"), { net: 1_000, captures: 1, refunds: 0 });
  assert.deepEqual(await payments.events(), [["payment.captured", facts]]);
});

test("a declined card gives the same refusal again and again, and the provider is not asked again", async (t) => {
  const payments = await paymentsUnderTest(t);
  const broke = tenEuros("pm_card_insufficient_funds", "broke");
  await assert.rejects(payments.charge(tenEuros("pm_card_declined"), "key-1"), paymentDeclined.is);
  await assert.rejects(payments.charge(broke, "key-2"), insufficientFunds.is);
  const away = payments.withProvider({ charge: () => Promise.reject(unavailable.failure()) });
  await assert.rejects(away.charge(tenEuros("pm_card_declined"), "key-1"), paymentDeclined.is);
  await assert.rejects(away.charge(broke, "key-2"), insufficientFunds.is);
  assert.deepEqual(await payments.events(), [
    ["payment.declined", { ...facts, reason: "payment_declined" }],
    ["payment.declined", { ...facts, orderId: "broke", reason: "insufficient_funds" }],
  ]);
  assert.deepEqual(await payments.ledger("order"), { net: 0, captures: 0, refunds: 0 });
});

test("an order has one payment: another amount, method or user is refused", async (t) => {
  const payments = await paymentsUnderTest(t);
  const charge = tenEuros("pm_card_visa");
  await payments.charge(charge, "key");
  for (const other of [{ amount: euros(1_001) }, { method: "pm_card_slow" as const }, { userId: "bob" }]) {
    await assert.rejects(payments.charge({ ...charge, ...other }, "key"), paymentMismatch.is);
  }
  assert.deepEqual(await payments.ledger("order"), { net: 1_000, captures: 1, refunds: 0 });
});

test("the intent is there before the provider is asked", async (t) => {
  const payments = await paymentsUnderTest(t);
  const seen: string[] = [];
  const watched = payments.withProvider({
    async charge(charge) {
      seen.push(await payments.status("order"), charge.key);
      return payments.provider.charge(charge);
    },
  });
  await watched.charge(tenEuros("pm_card_visa"), "key");
  assert.deepEqual(seen, ["pending", "key"]);
});

test("a flaky provider is unavailable twice, then captures once", async (t) => {
  const payments = await paymentsUnderTest(t);
  for (let attempt = 0; attempt < 2; attempt++) {
    await assert.rejects(payments.charge(tenEuros("pm_card_flaky"), "key"), unavailable.is);
    assert.equal(await payments.status("order"), "pending");
  }
  assert.equal((await payments.charge(tenEuros("pm_card_flaky"), "key")).status, "captured");
  assert.deepEqual(await payments.ledger("order"), { net: 1_000, captures: 1, refunds: 0 });
});

test("an answer that was lost is asked for again, with the first key, and the money moved once", async (t) => {
  const payments = await paymentsUnderTest(t);
  await assert.rejects(payments.charge(tenEuros("pm_card_lost_answer"), "key-1"), unavailable.is);
  assert.equal(await payments.status("order"), "pending");
  assert.deepEqual(await payments.ledger("order"), { net: 1_000, captures: 1, refunds: 0 });
  assert.equal((await payments.charge(tenEuros("pm_card_lost_answer"), "key-2")).status, "captured");
  assert.deepEqual(await payments.ledger("order"), { net: 1_000, captures: 1, refunds: 0 });
  assert.deepEqual(await payments.events(), [["payment.captured", facts]]);
});

test("a slow charge is captured", async (t) => {
  const payments = await paymentsUnderTest(t);
  assert.equal((await payments.charge(tenEuros("pm_card_slow"), "key")).status, "captured");
});

test("a charge that comes after its refund is refused, and the provider is never asked", async (t) => {
  const payments = await paymentsUnderTest(t);
  assert.equal((await payments.refund("order")).status, "voided");
  await assert.rejects(payments.charge(tenEuros("pm_card_visa"), "key"), paymentVoided.is);
  assert.deepEqual(await payments.ledger("order"), { net: 0, captures: 0, refunds: 0 });
  assert.deepEqual(await payments.events(), []);
});
