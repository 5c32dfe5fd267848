import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type Clock, systemClock } from "@flotilla/chassis/service";
import { fileCleanup } from "@flotilla/chassis/testing";
import { readServiceKey } from "../../../chassis/src/identity/keys/key-files.ts";
import { serviceTokens } from "../../../chassis/src/identity/tokens/service-token.ts";
import { outcomesOf } from "../../../chassis/src/testing/open-loop.ts";
import { rotateServiceKey } from "../../../chassis/src/topology/keys/rotate-key.ts";
import { assertBooksAgree, waitUntilSettled } from "./fixtures/books.ts";
import { runShop, shopFolder } from "./fixtures/running-shop.ts";
import { sendTraffic } from "./fixtures/shop-traffic.ts";

/** The five minutes for which a token of the old key lives: who uses it no more need not wait for its end. */
const MINUTES = 60_000;
const impatient: Clock = {
  ...systemClock,
  sleep: (milliseconds, signal) => systemClock.sleep(milliseconds < MINUTES ? milliseconds : 0, signal),
};

test("while a service gets another key no request fails, and the old key is good for nothing afterwards", async (t) => {
  const dataFolder = await shopFolder(fileCleanup);
  const keys = join(dataFolder, "keys");
  const shop = await runShop(fileCleanup, { dataFolder });
  const keyOfOrders = () => readServiceKey(join(keys, "orders.json"), "orders");
  const url = (await shop.where()).services["products"]?.[0]?.url;
  const askedWith = async (key: Awaited<ReturnType<typeof keyOfOrders>>) => {
    const token = await serviceTokens({ name: "orders", key })("products");
    const answer = await fetch(`${url}/product-summaries?ids=none`, { headers: { authorization: `Bearer ${token}` } });
    await answer.text();
    return answer.status;
  };
  const old = await keyOfOrders();
  assert.equal(await askedWith(old), 200);

  const traffic = await sendTraffic(t, shop, { perSecond: 20 });
  await rotateServiceKey(keys, "orders", { clock: impatient });
  const before = traffic.sent();
  while (traffic.sent() < before + 50) await systemClock.sleep(50);
  const samples = await traffic.stop();

  assert.deepEqual(outcomesOf(samples), { ok: samples.length });
  assert.equal(await askedWith(old), 401);
  assert.equal(await askedWith(await keyOfOrders()), 200);
  await waitUntilSettled(shop);
  await assertBooksAgree(shop);
});
