import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quantile, type Row, row } from "./report.ts";
import { startShopProcess } from "./shop-process.ts";

const ORDERS = 200;
const CONCURRENT_ORDERS = 2_000;

/** Milliseconds from placing an order to its confirmation on an idle shop, and confirmed orders a second at 64 in flight. */
export async function measureOrder(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-bench-"));
  const shop = await startShopProcess(folder);
  try {
    const order = await orderPlacer(shop.gateway, JSON.parse(await readFile(join(folder, "admin.json"), "utf8")));
    for (let count = 0; count < 50; count++) await order();
    const idle: number[] = [];
    for (let count = 0; count < ORDERS; count++) idle.push(await timed(order));
    const busy = await inFlight(64, CONCURRENT_ORDERS, order);
    return [
      row("flotilla", `an order on an idle shop, median of ${ORDERS}`, "ms", idle),
      row("flotilla", `an order on an idle shop, p99 of ${ORDERS}`, "ms", [quantile(idle, 0.99)]),
      row("flotilla", "confirmed orders/s at 64 in flight", "1/s", [busy.rate]),
      row("flotilla", "an order at 64 in flight, p99", "ms", [quantile(busy.latencies, 0.99)]),
    ];
  } finally {
    await shop.stop();
    await rm(folder, { recursive: true });
  }
}

/** What is read of the shop's answers. */
type Answer = { id: string; status: string; accessToken: string };

/** Makes a customer and a product with enough stock; each call orders one piece and waits until it is confirmed. */
async function orderPlacer(gateway: string, administrator: { email: string; password: string }) {
  const ask = async (path: string, body: unknown, headers: Record<string, string> = {}, method = "POST") => {
    const response = await fetch(`${gateway}${path}`, {
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
  const product = await ask("/api/products", { name: "Bench", price: { amount: 100, currency: "EUR" } }, admin);
  await ask(`/api/inventory/${product.id}`, { available: 1_000_000 }, admin, "PUT");
  const order = { items: [{ productId: product.id, quantity: 1 }], payment: { method: "pm_card_visa" } };
  return async () => {
    const headers = { ...customer, "idempotency-key": randomUUID(), prefer: "wait=5" };
    const { status } = await ask("/api/orders", order, headers);
    if (status !== "confirmed") throw new Error(`the order is ${status}`);
  };
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
