import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

const CUSTOMERS = 40;
const PRODUCTS = 20;

type Answer = { readonly id: string; readonly accessToken: string };

/**
 * Makes customers and products, enough of both that none of them is what holds the others up. Each call places an order, waits until it is
 * final, and resolves with what became of it: `taken`, `refused` (503), or what else was answered.
 */
export async function orderPlacer(gateway: string, folder: string): Promise<() => Promise<string>> {
  const send = (path: string, body: unknown, headers: Record<string, string> = {}, method = "POST") =>
    fetch(`${gateway}${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  const ask = async (...request: Parameters<typeof send>): Promise<Answer> => {
    const response = await send(...request);
    if (!response.ok) throw new Error(`${request[0]}: ${response.status} ${await response.text()}`);
    return response.json() as Promise<Answer>;
  };
  const { email, password } = JSON.parse(await readFile(join(folder, "admin.json"), "utf8"));
  const bearer = ({ accessToken }: Answer) => ({ authorization: `Bearer ${accessToken}` });
  const admin = bearer(await ask("/api/auth/login", { email, password }));
  const products: string[] = [];
  for (let number = 0; number < PRODUCTS; number++) {
    const { id } = await ask("/api/products", { name: "Bench", price: { amount: 100, currency: "EUR" } }, admin);
    await ask(`/api/inventory/${id}`, { available: 1_000_000 }, admin, "PUT");
    products.push(id);
  }
  const customers: Record<string, string>[] = [];
  for (let number = 0; number < CUSTOMERS; number++) {
    const account = { name: "Bench", email: `bench-${randomUUID()}@mail.example`, password: "a good password" };
    customers.push(bearer(await ask("/api/auth/register", account)));
  }
  let orders = 0;
  return async () => {
    const number = orders++;
    const items = [{ productId: products[number % PRODUCTS], quantity: 1 }];
    const headers = { ...customers[number % CUSTOMERS], "idempotency-key": randomUUID(), prefer: "wait=5" };
    const response = await send("/api/orders", { items, payment: { method: "pm_card_visa" } }, headers);
    await response.arrayBuffer();
    return response.ok ? "taken" : response.status === 503 ? "refused" : String(response.status);
  };
}
