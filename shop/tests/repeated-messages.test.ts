import assert from "node:assert/strict";
import { test } from "node:test";
import type { Broker, Delivery } from "../../chassis/src/messaging/brokers/broker.ts";
import { memoryBroker } from "../../chassis/src/messaging/brokers/memory/memory-broker.ts";
import { startShop } from "./fixtures/shop.ts";
import { mailOf } from "./fixtures/witnesses.ts";
import { assertBooksAgree, waitUntilSettled } from "./processes/fixtures/books.ts";
import type { RunningShop } from "./processes/fixtures/running-shop.ts";

/** Of ten repeats so many are of an older message: it comes behind those that it was before. */
const REORDERED = 3;

/** Hands every message over three times, and some of the repeats late and in another order. */
function repeating(broker: Broker, counts: { handled: number; repeated: number }): Broker {
  return {
    ...broker,
    subscribe(subscription) {
      const past: Delivery[] = [];
      return broker.subscribe({
        ...subscription,
        async handle(delivery) {
          const verdict = await subscription.handle(delivery);
          if (verdict !== "done") return verdict;
          past.push(delivery);
          counts.handled += 1;
          for (let repeat = 0; repeat < 2; repeat++) {
            counts.repeated += 1;
            const isReordered = counts.repeated % 10 < REORDERED;
            const again = isReordered ? past[(counts.repeated * 7) % past.length] : delivery;
            assert.equal(await subscription.handle(again as Delivery), "done");
          }
          return "done";
        },
      });
    },
  };
}

test("orders are as ever when every message comes three times, and some of the repeats late", async (t) => {
  const counts = { handled: 0, repeated: 0 };
  const shop = await startShop(t, { broker: repeating(memoryBroker(), counts) });
  const product = await shop.admin.addProduct({ name: "Anchor", price: 4_950 }, 100);
  const ann = await shop.customer();
  const methods = ["pm_card_visa", "pm_card_declined", "pm_card_visa"];
  const orders = await Promise.all(
    Array.from({ length: 12 }, (_, index) => ann.order(product.id, 1, methods[index % methods.length])),
  );
  assert.equal(orders.filter(({ status }) => status === "confirmed").length, 8);
  const seen = shop as Pick<RunningShop, "database"> as RunningShop;
  await waitUntilSettled(seen);
  await assertBooksAgree(seen);
  // A welcome, and a letter for each order: no more.
  assert.equal((await mailOf(shop, ann.user.email, 13)).length, 13);
  assert.ok(counts.handled > 30 && counts.repeated >= 2 * counts.handled, JSON.stringify(counts));
});
