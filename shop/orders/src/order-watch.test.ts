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
  const waiting = watch.untilFinal("o1", never);
  await new Promise(setImmediate);
  watch.changed({ ...order, status: "confirmed" });
  assert.equal((await waiting).status, "confirmed");
});

test("a change made by another replica is found by looking", async () => {
  const { order, watch } = orderThatCanChange();
  const waiting = watch.untilFinal("o1", never);
  order.status = "rejected";
  assert.equal((await waiting).status, "rejected");
});

test("the wait ends when the caller leaves", async () => {
  const { watch } = orderThatCanChange();
  const leaving = new AbortController();
  const waiting = watch.untilFinal("o1", leaving.signal);
  leaving.abort();
  await assert.rejects(waiting, { name: "AbortError" });
});

test("a look that fails, or never ends, is no end of the wait", async () => {
  const final = { id: "o1", status: "confirmed" } as Order;
  const looks = [() => Promise.reject(new Error("no database")), () => new Promise<Order>(() => {}), async () => final];
  const watch = createOrderWatch(() => (looks.shift() as () => Promise<Order>)());
  assert.equal(await watch.untilFinal("o1", never), final);
});
