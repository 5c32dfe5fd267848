import assert from "node:assert/strict";
import { test } from "node:test";
import type { Order } from "@flotilla/contracts/orders";
import { createOrderWatch } from "./order-watch.ts";

const never = new AbortController().signal;

function orderThatCanChange() {
  const order = { id: "o1", status: "pending" } as Order;
  const watch = createOrderWatch(async () => order);
  return { order, watch };
}

test("a change made in this process is seen at once", async () => {
  const { order, watch } = orderThatCanChange();
  const waiting = watch.untilFinal("o1", 30_000, never);
  await new Promise(setImmediate);
  watch.changed({ ...order, status: "confirmed" });
  assert.equal((await waiting).status, "confirmed");
});

test("a change made by another replica is found by looking", async () => {
  const { order, watch } = orderThatCanChange();
  const waiting = watch.untilFinal("o1", 30_000, never);
  order.status = "rejected";
  assert.equal((await waiting).status, "rejected");
});

test("the wait ends with the order as it is when the time is over or the caller leaves", async () => {
  const { watch } = orderThatCanChange();
  assert.equal((await watch.untilFinal("o1", 5, never)).status, "pending");
  const leaving = new AbortController();
  const waiting = watch.untilFinal("o1", 30_000, leaving.signal);
  leaving.abort();
  assert.equal((await waiting).status, "pending");
});
