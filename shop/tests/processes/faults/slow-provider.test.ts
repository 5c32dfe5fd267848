import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { Database } from "@flotilla/chassis/database";
import { createLog } from "@flotilla/chassis/telemetry";
import { fileCleanup, testDatabase } from "@flotilla/chassis/testing";
import { type FaultProxy, faultProxy } from "../../../../chassis/src/testing/fault-proxy/fault-proxy.ts";
import { startSimulatedProvider } from "../../../payments/src/provider/simulated-provider.ts";
import { eventually, type Visitor } from "../../fixtures/visitor.ts";
import { finalOrder, orderOf } from "../fixtures/patient-customer.ts";
import { type RunningShop, runShop, shopFolder } from "../fixtures/running-shop.ts";

/* F-10 in short: the payment provider takes charges at once and tells so 20 s later, when nobody waits for it any more. */
const LATE = 20_000;
const PRICE = 700;
const methods = ["pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_declined"];

/** A provider behind a network, with a ledger of its own. */
async function slowProvider(): Promise<{ ledger: Database; network: FaultProxy; url: string }> {
  const { url: databaseUrl, database } = await testDatabase(fileCleanup);
  const log = createLog({ service: "provider", level: "silent" });
  const provider = await startSimulatedProvider({ databaseUrl, log });
  fileCleanup.after(() => provider.close());
  await provider.prepareLedger();
  const network = await faultProxy(fileCleanup, { port: Number(new URL(provider.url).port) });
  return { ledger: database, network, url: `http://127.0.0.1:${network.port}` };
}

/** Does it, and sees that it did not take as long as the provider. */
async function inTime<T>(what: string, ask: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const answer = await ask();
  assert.ok(performance.now() - began < LATE, `${what} waited for the provider`);
  return answer;
}

/** Orders a piece; the answer may wait two seconds for the order's end. */
async function place(ann: Visitor, productId: string, method: string): Promise<string> {
  const order = orderOf(productId, 1, method);
  const answer = await inTime("an order", () => ann.placeOrder(order, randomUUID(), { prefer: "wait=2" }));
  assert.deepEqual([answer.status, answer.body.status], [202, "pending"]);
  return answer.body.id;
}

/** Resolves once each of these charges was not heard of, and the first late answers would have come, had anybody waited. */
async function untilAllGaveUp(shop: RunningShop, ledger: Database, orderIds: readonly string[]): Promise<void> {
  await eventually("each charge was given up", async () => {
    const gaveUp = await shop.database("orders").query(
      `select distinct s.key from saga s join saga_history h on h.saga_id = s.id
        where h.step = 'charge payment' and h.what = 'unknown' and s.key = any ($1)`,
      [orderIds],
    );
    return gaveUp.length === orderIds.length || undefined;
  });
  await eventually("the late answers", async () => {
    const late = await ledger.query(
      "select from provider.entry where made_at < now() - $1 * interval '1 millisecond' limit 1",
      [LATE + 2_000],
    );
    return late.length > 0 || undefined;
  });
}

/** How an order has to end: only who has no time left, by the saga's own history, is rejected for that. */
async function endByTheRules(shop: RunningShop, id: string, method: string): Promise<string> {
  if (method !== "pm_card_visa") return "rejected";
  const outOfTime = await shop
    .database("orders")
    .query("select from saga s join saga_history h on h.saga_id = s.id where s.key = $1 and h.what = 'out of time'", [
      id,
    ]);
  return outOfTime.length > 0 ? "rejected" : "confirmed";
}

test("while the provider answers after 20 s: nobody waits for it, nothing is done late, each order is charged once or not", async () => {
  const { ledger, network, url } = await slowProvider();
  const dataFolder = await shopFolder(fileCleanup);
  const shop = await runShop(fileCleanup, { dataFolder, environment: { PAYMENT_PROVIDER_URL: url } });
  const { id: productId } = await (await shop.admin()).addProduct({ name: "Sounding lead", price: PRICE }, 100);
  const ann = await shop.visitor().register("Ann", "ann@mail.example");
  assert.equal((await ann.order(productId, 1)).status, "confirmed");

  network.set({ toClient: { delay: LATE } });
  const ids = await Promise.all(methods.map((method) => place(ann, productId, method)));
  await untilAllGaveUp(shop, ledger, ids);
  for (const path of [`/api/products/${productId}`, "/api/orders", `/api/payments/${ids[0]}`])
    assert.equal((await inTime(path, () => ann.ask("GET", path))).status, 200, path);
  const recorded = await shop
    .database("payments")
    .query("select from payment where order_id = any ($1) and status <> 'pending'", [ids]);
  assert.equal(recorded.length, 0, "an answer was heard after the call that asked for it was over");
  network.heal();

  for (const [at, id] of ids.entries()) {
    const { status } = await finalOrder(ann, id);
    assert.equal(status, await endByTheRules(shop, id, methods[at] as string));
    const [entry] = await ledger.query<{ net: number; captures: number }>(
      "select net::bigint as net, captures::integer as captures from provider.net_per_order where order_id = $1",
      [id],
    );
    assert.ok((entry?.captures ?? 0) <= 1, "charged twice");
    assert.equal(Number(entry?.net ?? 0), status === "confirmed" ? PRICE : 0);
  }
});
