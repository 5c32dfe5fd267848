import assert from "node:assert/strict";
import { test } from "node:test";
import { notFound } from "@flotilla/chassis/failure";
import type { Caller, Role } from "@flotilla/chassis/identity";
import { euros } from "@flotilla/contracts/money";
import { calls } from "./calls.ts";
import { paymentsUnderTest, tenEuros } from "./payments-under-test.ts";

const user = (id: string, role: Role = "customer"): Caller => ({ kind: "user", id, name: id, role, session: "s" });

test("a payment is shown to its owner and to administrators; for others there is none", async (t) => {
  const { database, charge, refund } = await paymentsUnderTest(t);
  const { getPayment } = calls({ database, chargePayment: charge, refundPayment: refund });
  await charge(tenEuros("pm_card_visa"), "key");
  await refund("tombstone");
  const asked = (orderId: string, caller: Caller) => {
    const { signal } = new AbortController();
    return getPayment({
      params: { orderId },
      query: {},
      headers: {},
      body: undefined,
      key: "",
      caller,
      network: "",
      signal,
      preferredWait: 0,
      wait: async () => undefined,
    });
  };
  const shown = { orderId: "order", status: "captured", captured: euros(1_000), refunded: euros(0) };
  assert.deepEqual(await asked("order", user("ann")), shown);
  assert.deepEqual(await asked("order", user("root", "admin")), shown);
  for (const hidden of ["order", "tombstone", "unheard-of"]) {
    await assert.rejects(asked(hidden, user("bob")), notFound.is);
  }
});
