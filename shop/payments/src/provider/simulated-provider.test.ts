import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { internalError, unavailable } from "@flotilla/chassis/failure";
import { euros } from "@flotilla/contracts/money";
import type { PaymentMethod } from "@flotilla/contracts/payments";
import { providerUnderTest } from "./provider.fixture.ts";
import { connectProvider } from "./provider-client.ts";
import { startSimulatedProvider } from "./simulated-provider.ts";

const charge = (key: string, method: PaymentMethod) => ({ key, orderId: `order-${key}`, amount: euros(700), method });

async function twoReplicas(t: TestContext) {
  const { provider, databaseUrl, log, ledger } = await providerUnderTest(t);
  const second = await startSimulatedProvider({ databaseUrl, log, slowness: 20 });
  const other = connectProvider(second.url);
  t.after(async () => {
    await other.close();
    await second.close();
  });
  return { provider, other, ledger };
}

test("the same key is the same charge, at every replica", async (t) => {
  const { provider, other, ledger } = await twoReplicas(t);
  const visa = charge("visa", "pm_card_visa");
  const slow = charge("slow", "pm_card_slow");
  const outcomes = await Promise.all(
    [provider, other, provider, other].flatMap((p) => [p.charge(visa), p.charge(slow)]),
  );
  assert.ok(outcomes.every(({ status }) => status === "captured"));
  assert.deepEqual(await ledger("order-visa"), { net: 700, captures: 1, refunds: 0 });
  assert.deepEqual(await ledger("order-slow"), { net: 700, captures: 1, refunds: 0 });
});

test("replicas count the failures of a flaky charge together", async (t) => {
  const { provider, other } = await twoReplicas(t);
  const flaky = charge("flaky", "pm_card_flaky");
  await assert.rejects(provider.charge(flaky), unavailable.is);
  await assert.rejects(other.charge(flaky), unavailable.is);
  assert.deepEqual(await provider.charge(flaky), { status: "captured" });
});

test("a refund of a charge nobody asked for calls a late charge off, at every replica", async (t) => {
  const { provider, other, ledger } = await twoReplicas(t);
  assert.equal(await provider.refund("late"), "nothing_captured");
  assert.deepEqual(await other.charge(charge("late", "pm_card_visa")), { status: "called_off" });
  assert.equal(await other.refund("late"), "nothing_captured");
  assert.deepEqual(await ledger("order-late"), { net: 0, captures: 0, refunds: 0 });
});

test("a refund is made once, and the charge is called off from then on", async (t) => {
  const { provider, other, ledger } = await twoReplicas(t);
  await provider.charge(charge("visa", "pm_card_visa"));
  assert.deepEqual(await Promise.all([provider.refund("visa"), other.refund("visa")]), ["refunded", "refunded"]);
  assert.deepEqual(await provider.charge(charge("visa", "pm_card_visa")), { status: "called_off" });
  assert.deepEqual(await ledger("order-visa"), { net: 0, captures: 1, refunds: 1 });
});

test("a key that was used for another charge is refused, and nothing is captured by it", async (t) => {
  const { provider, ledger } = await twoReplicas(t);
  await provider.charge(charge("key", "pm_card_visa"));
  await assert.rejects(provider.charge({ ...charge("key", "pm_card_visa"), orderId: "another" }), internalError.is);
  assert.deepEqual(await ledger("another"), { net: 0, captures: 0, refunds: 0 });
});

test("a charge that outlasts the caller's patience is unknown to the caller, and the repeat is the same charge", async (t) => {
  const { simulated, provider, ledger } = await providerUnderTest(t, { slowness: 200 });
  const impatient = connectProvider(simulated.url, { timeout: 20 });
  t.after(() => impatient.close());
  await assert.rejects(impatient.charge(charge("slow", "pm_card_slow")), unavailable.is);
  assert.deepEqual(await provider.charge(charge("slow", "pm_card_slow")), { status: "captured" });
  assert.deepEqual(await ledger("order-slow"), { net: 700, captures: 1, refunds: 0 });
});

test("a provider that is not there is unavailable", async (t) => {
  const { simulated, databaseUrl, log } = await providerUnderTest(t);
  const gone = await startSimulatedProvider({ databaseUrl, log });
  await gone.close();
  assert.notEqual(gone.url, simulated.url);
  const client = connectProvider(gone.url);
  t.after(() => client.close());
  await assert.rejects(client.charge(charge("key", "pm_card_visa")), unavailable.is);
  await assert.rejects(client.refund("key"), unavailable.is);
});
