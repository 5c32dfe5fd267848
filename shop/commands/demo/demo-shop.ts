import { randomUUID } from "node:crypto";
import type { Mail } from "@flotilla/contracts/email";
import type { Stock } from "@flotilla/contracts/inventory";
import type { Notification } from "@flotilla/contracts/notifications";
import type { Order } from "@flotilla/contracts/orders";
import type { Payment } from "@flotilla/contracts/payments";
import type { Product } from "@flotilla/contracts/products";
import type { SignedIn } from "@flotilla/contracts/users";

/** The shop, as somebody sees it who talks to its gateway. */
export type DemoShop = {
  register(customer: { name: string; email: string; password: string }): Promise<DemoVisitor>;
  signIn(account: { email: string; password: string }): Promise<DemoVisitor>;
  products(): Promise<Product[]>;
  stock(productId: string): Promise<Stock>;
};

/** Somebody who is signed in. */
export type DemoVisitor = {
  placeOrder(productId: string, quantity: number, method: string): Promise<Order>;
  order(id: string): Promise<Order>;
  /** Undefined when there was none. */
  payment(orderId: string): Promise<Payment | undefined>;
  notifications(): Promise<Notification[]>;
  /** All mail to an address; administrators only. */
  mailbox(to: string): Promise<Mail[]>;
};

type Request = { method?: string; token?: string; headers?: Record<string, string>; body?: unknown };

/** Talks to the shop behind `gateway`. Every method throws, in words, when the shop answers otherwise than expected. */
export function demoShop(gateway: string): DemoShop {
  const ask = <T>(path: string, request: Request = {}) => askShop<T>(new URL(path, gateway), request);
  const visitor = ({ accessToken: token }: SignedIn): DemoVisitor => ({
    placeOrder: (productId, quantity, method) =>
      ask("/api/orders", {
        method: "POST",
        token,
        headers: { "idempotency-key": randomUUID() },
        body: { items: [{ productId, quantity }], payment: { method } },
      }),
    order: (id) => ask(`/api/orders/${id}`, { token }),
    payment: (orderId) => ask<Payment | undefined>(`/api/payments/${orderId}`, { token }),
    notifications: async () => (await ask<{ items: Notification[] }>("/api/notifications", { token })).items,
    mailbox: async (to) => (await ask<{ items: Mail[] }>(`/api/mailbox?to=${encodeURIComponent(to)}`, { token })).items,
  });
  return {
    register: async (body) => visitor(await ask("/api/auth/register", { method: "POST", body })),
    signIn: async (body) => visitor(await ask("/api/auth/login", { method: "POST", body })),
    products: async () => (await ask<{ items: Product[] }>("/api/products?limit=100")).items,
    stock: (productId) => ask(`/api/inventory/${productId}`),
  };
}

async function askShop<T>(url: URL, { method = "GET", token, headers, body }: Request): Promise<T> {
  const response = await fetch(url, {
    method,
    headers: {
      ...headers,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  if (response.status === 404 && method === "GET") return undefined as T;
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method} ${url.pathname} was answered with ${response.status}: ${answer}`);
  return JSON.parse(answer);
}
