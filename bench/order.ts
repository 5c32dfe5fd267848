import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { quantile, type Row, row } from "./report.ts";
import { startShopProcess } from "./shop-process.ts";

const ORDERS = 200;
const BUSY_ORDERS = 2_000;
const MANY_PRODUCTS = 20;
/** Seconds that an order is waited for: what the shop allows at most. */
const PATIENCE = 30;

/**
 * Milliseconds from placing an order to its confirmation on an idle shop, and confirmed orders a second at 64 and 256 in flight: all of
 * one product, whose row each of them changes, and spread over 20.
 */
export async function measureOrder(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-bench-"));
  const shop = await startShopProcess(folder);
  try {
    const stocked = await stockedShop(shop.gateway, JSON.parse(await readFile(join(folder, "admin.json"), "utf8")));
    const order = stocked.orderPlacer(1);
    for (let count = 0; count < 50; count++) await order();
    const idle: number[] = [];
    for (let count = 0; count < ORDERS; count++) idle.push(await timed(order));
    return [
      row("flotilla", `an order on an idle shop, median of ${ORDERS}`, "ms", idle),
      row("flotilla", `an order on an idle shop, p99 of ${ORDERS}`, "ms", [quantile(idle, 0.99)]),
      ...(await busyRows("", 64, order)),
      ...(await busyRows("", 256, order)),
      ...(await busyRows(` of ${MANY_PRODUCTS} products`, 64, stocked.orderPlacer(MANY_PRODUCTS))),
    ];
  } finally {
    await shop.stop();
    await rm(folder, { recursive: true });
  }
}

async function busyRows(what: string, callers: number, order: () => Promise<void>): Promise<Row[]> {
  const busy = await inFlight(callers, BUSY_ORDERS, order);
  return [
    row("flotilla", `confirmed orders/s${what} at ${callers} in flight`, "1/s", [busy.rate]),
    row("flotilla", `an order${what} at ${callers} in flight, p99`, "ms", [quantile(busy.latencies, 0.99)]),
  ];
}

/** What is read of the shop's answers. */
type Answer = { id: string; status: string; accessToken: string };

/** A shop with a customer, and products to be ordered. */
type StockedShop = {
  /** Each call orders one piece of the next of so many products, and waits until it is confirmed. */
  orderPlacer(products: number): () => Promise<void>;
};

/** Makes a customer, and products with enough stock. */
async function stockedShop(gateway: string, administrator: { email: string; password: string }): Promise<StockedShop> {
  const ask = async (path: string, body: unknown, headers: Record<string, string> = {}, method = "POST") => {
    const response = await answered(`${gateway}${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json() as Promise<Answer>;
  };
  const { email, password } = administrator;
  const bearer = async (path: string, body: unknown) => `Bearer ${(await ask(path, body)).accessToken}`;
  const admin = { authorization: await bearer("/api/auth/login", { email, password }) };
  const account = { name: "Bench", email: `bench-${randomUUID()}@mail.example`, password: "a good password" };
  const customer = { authorization: await bearer("/api/auth/register", account) };
  const products: string[] = [];
  for (let count = 1; count <= MANY_PRODUCTS; count++) {
    const { id } = await ask(
      "/api/products",
      { name: `Bench ${count}`, price: { amount: 100, currency: "EUR" } },
      admin,
    );
    await ask(`/api/inventory/${id}`, { available: 1_000_000 }, admin, "PUT");
    products.push(id);
  }
  return {
    orderPlacer(count) {
      let placed = 0;
      return async () => {
        const items = [{ productId: products[placed++ % count], quantity: 1 }];
        const headers = { ...customer, "idempotency-key": randomUUID(), prefer: `wait=${PATIENCE}` };
        const { status } = await ask("/api/orders", { items, payment: { method: "pm_card_visa" } }, headers);
        if (status !== "confirmed") throw new Error(`the order is ${status}`);
      };
    },
  };
}

/** What is refused for now, because there is too much to do, is asked for again when the shop says so. */
async function answered(url: string, request: RequestInit): Promise<Response> {
  for (;;) {
    const response = await fetch(url, request);
    if (response.status !== 503) return response;
    await response.arrayBuffer();
    await delay(Number(response.headers.get("retry-after") ?? 1) * 1_000);
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

async function inFlight(callers: number, total: number, work: () => Promise<void>) {
  const latencies: number[] = [];
  let left = total;
  const begin = performance.now();
  const caller = async () => {
    while (left-- > 0) latencies.push(await timed(work));
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { latencies, rate: (total / (performance.now() - begin)) * 1_000 };
}
