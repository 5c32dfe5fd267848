import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

export const MANY_PRODUCTS = 20;
/** Seconds that an order is waited for: what the shop allows at most. */
const PATIENCE = 30;

/** What is read of the shop's answers. */
type Answer = { id: string; status: string; accessToken: string };

/** A shop with a customer, and products to be ordered. */
export type StockedShop = {
  /** Each call orders one piece of the next of so many products, and waits until it is confirmed. */
  orderPlacer(products: number): () => Promise<void>;
};

/** Makes a customer, and products with enough stock. */
export async function stockedShop(
  gateway: string,
  administrator: { email: string; password: string },
): Promise<StockedShop> {
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
