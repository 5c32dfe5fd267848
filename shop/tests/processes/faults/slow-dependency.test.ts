import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileCleanup } from "@flotilla/chassis/testing";
import { eventually, type Visitor } from "../../fixtures/visitor.ts";
import { orderOf } from "../fixtures/patient-customer.ts";
import { type PartitionedShop, partitionedShop } from "./partitioned-shop.ts";

/* F-10 in short: one service takes 5 s for everything; those who call it stop waiting for it, and the others do not notice. */

/** Asks so many times a second for so long; resolves with how long each answer took, and with what status it came. */
async function steadily(perSecond: number, milliseconds: number, ask: () => Promise<{ status: number }>) {
  const asked: Promise<{ status: number; took: number; at: number }>[] = [];
  const began = performance.now();
  while (performance.now() - began < milliseconds) {
    const sent = performance.now();
    const timed = async () => {
      const { status } = await ask();
      return { status, took: performance.now() - sent, at: sent - began };
    };
    asked.push(timed());
    await delay(1_000 / perSecond);
  }
  return Promise.all(asked);
}

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

/** The state of a service's circuit to another: 0 closed, 1 half-open, 2 open. */
async function circuit(url: string, target: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^circuit_breaker_state\\{[^}]*target="${target}"[^}]*\\} (\\d)`, "m").exec(text)?.[1]);
}

/** Milliseconds from now until the circuit is open. */
async function opensAfter(url: string, target: string): Promise<number> {
  const began = performance.now();
  await eventually(`the circuit to ${target} is open`, async () =>
    (await circuit(url, target)) === 2 ? true : undefined,
  );
  return performance.now() - began;
}

async function prepared(): Promise<{ shop: PartitionedShop; ann: Visitor; productId: string }> {
  const shop = await partitionedShop(fileCleanup);
  const { id } = await (await shop.admin()).addProduct({ name: "Astrolabe", price: 9_900 }, 100_000);
  const ann = await shop.visitor().register("Ann", "ann@mail.example");
  assert.equal((await ann.order(id, 1)).status, "confirmed");
  return { shop, ann, productId: id };
}

test("while inventory takes 5 s: its callers break off, products answer, and no order is lost", async (t) => {
  const { shop, ann, productId } = await prepared();
  const readProduct = () => ann.ask("GET", `/api/products/${productId}`);
  const readStock = () => ann.ask("GET", `/api/inventory/${productId}`);
  const place = () => ann.placeOrder(orderOf(productId, 1), randomUUID(), {});
  const load = (milliseconds: number) =>
    Promise.all([
      steadily(20, milliseconds, readProduct),
      steadily(15, milliseconds, readStock),
      steadily(12, milliseconds, place),
    ]);
  const [before] = await load(3_000);
  assert.equal(await circuit(shop.urls["orders"] ?? "", "inventory"), 0);

  shop.peers["inventory"]?.set({ toClient: { delay: 5_000 } });
  const opened = opensAfter(shop.urls["orders"] ?? "", "inventory");
  const [products, stock, orders] = await load(4_000);
  shop.peers["inventory"]?.heal();

  const [usual, meanwhile] = [before, products].map((asked) =>
    percentile(
      asked.map(({ took }) => took),
      0.99,
    ),
  ) as [number, number];
  assert.ok(
    products.every(({ status, took }) => status === 200 && took < 5_000),
    "no product waited for inventory",
  );
  // How fast is for people to read: a busy machine shall not decide.
  t.diagnostic(`p99 of products: ${Math.round(meanwhile)} ms, before ${Math.round(usual)} ms`);
  t.diagnostic(`the circuit of orders opened after ${Math.round(await opened)} ms`);
  assert.ok(
    stock.some(({ status, took }) => status === 503 && took < 5_000),
    "the gateway refused none before inventory could answer",
  );
  assert.ok(
    orders.every(({ status }) => status === 202),
    "orders are taken all the same",
  );
  await eventually("every order is confirmed", async () => {
    const { status, body } = await ann.ask("GET", "/api/orders?limit=100");
    return status === 200 && body.items.every((order: { status: string }) => order.status === "confirmed")
      ? true
      : undefined;
  });
});
