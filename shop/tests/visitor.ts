import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Order } from "@flotilla/contracts/orders";
import type { Product } from "@flotilla/contracts/products";
import type { SignedIn, User } from "@flotilla/contracts/users";

/** An answer of the shop, as it came over HTTP. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
export type Response = { status: number; headers: Headers; body: any };

export type RequestOptions = { body?: unknown; headers?: Record<string, string> };

/** Somebody in front of the shop, with or without an account: asks over HTTP, through the gateway. */
export class Visitor {
  readonly shop: string;
  session: SignedIn | undefined;

  constructor(shop: string) {
    this.shop = shop;
  }

  /** The account; only for those who have signed in. */
  get user(): User {
    assert.ok(this.session, "not signed in");
    return this.session.user;
  }

  async ask(method: string, path: string, { body, headers }: RequestOptions = {}): Promise<Response> {
    const response = await fetch(new URL(path, this.shop), {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(this.session ? { authorization: `Bearer ${this.session.accessToken}` } : {}),
        ...headers,
      },
      body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  async register(name: string, email: string, password = "a good password"): Promise<this> {
    const { status, body } = await this.ask("POST", "/api/auth/register", { body: { name, email, password } });
    assert.equal(status, 201, JSON.stringify(body));
    this.session = body;
    return this;
  }

  async signIn(account: { email: string; password: string }): Promise<this> {
    const { status, body } = await this.ask("POST", "/api/auth/login", { body: account });
    assert.equal(status, 200, JSON.stringify(body));
    this.session = body;
    return this;
  }

  /** Adds a product with so many pieces in stock; only for administrators. */
  async addProduct(product: { name: string; price: number }, available: number): Promise<Product> {
    const created = await this.#askUntilTaken("POST", "/api/products", {
      name: product.name,
      price: { amount: product.price, currency: "EUR" },
    });
    assert.equal(created.status, 201, JSON.stringify(created.body));
    const stocked = await this.#askUntilTaken("PUT", `/api/inventory/${created.body.id}`, { available });
    assert.equal(stocked.status, 200, JSON.stringify(stocked.body));
    return created.body;
  }

  /** Asks again whoever has too much to do: machines that tests run on are busy, and that is an answer. */
  #askUntilTaken(method: string, path: string, body: unknown): Promise<Response> {
    return eventually(`${method} ${path} is taken`, async () => {
      const response = await this.ask(method, path, { body });
      return response.status === 503 ? undefined : response;
    });
  }

  /** Places an order and waits until it is final. */
  async order(
    productId: string,
    quantity: number,
    method = "pm_card_visa",
    key: string = randomUUID(),
  ): Promise<Order> {
    const placed = await this.placeOrder({ items: [{ productId, quantity }], payment: { method } }, key);
    assert.ok([201, 202].includes(placed.status), JSON.stringify(placed.body));
    return this.finalOrder(placed.body.id);
  }

  placeOrder(body: unknown, key: string, headers: Record<string, string> = { prefer: "wait=20" }): Promise<Response> {
    return this.ask("POST", "/api/orders", { body, headers: { "idempotency-key": key, ...headers } });
  }

  finalOrder(id: string): Promise<Order> {
    return eventually(`order ${id} is final`, async () => {
      const { status, body } = await this.ask("GET", `/api/orders/${id}`);
      return status === 200 && body.status !== "pending" ? body : undefined;
    });
  }
}

/** Asks again until there is something; the limit is far beyond what it takes and only ends a test that would never end. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>, limit = 30_000): Promise<T> {
  const end = performance.now() + limit;
  while (performance.now() < end) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await delay(25);
  }
  throw new Error(`never came to be: ${what}`);
}
