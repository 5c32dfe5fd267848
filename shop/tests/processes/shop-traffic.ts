import { randomUUID } from "node:crypto";
import type { TestContext } from "node:test";
import type { Product } from "@flotilla/contracts/products";
import { type OpenLoop, openLoop } from "../../../chassis/src/testing/open-loop.ts";
import type { Visitor } from "../visitor.ts";
import { orderOf } from "./patient-customer.ts";
import type { RunningShop } from "./running-shop.ts";

/**
 * What visitors do all day, over every service of a shop; each is right in one way, and everything else is an outcome of its own. It stops
 * with the test.
 */
export async function sendTraffic(
  t: TestContext,
  shop: RunningShop,
  { perSecond }: { perSecond: number },
): Promise<OpenLoop> {
  const admin = await shop.admin();
  const products = await Promise.all(
    Array.from({ length: PRODUCTS }, (_, index) => admin.addProduct({ name: `Lantern ${index}`, price: 2_500 }, 1_000)),
  );
  const ann = await shop.visitor().register("Ann", "ann@traffic.example");
  const { id } = await ann.order(products[0]?.id ?? "", 1);
  const ask = asker((await shop.where()).gateway);
  const steps = products.flatMap((product) => stepsOf({ ann, admin, product, orderId: id }));
  const traffic = openLoop({ perSecond, send: (number) => ask(steps[number % steps.length] as Step) });
  t.after(() => traffic.stop());
  return traffic;
}

/** So many that orders don't wait for each other. */
const PRODUCTS = 20;

type Step = { method: string; path: string; by?: Visitor; body?: unknown; status: number };

function stepsOf({
  ann,
  admin,
  product,
  orderId,
}: {
  ann: Visitor;
  admin: Visitor;
  product: Product;
  orderId: string;
}) {
  const reads: Step[] = [
    { method: "GET", path: `/api/products/${product.id}`, status: 200 },
    { method: "GET", path: `/api/inventory/${product.id}`, status: 200 },
    { method: "GET", path: "/api/users/me", by: ann, status: 200 },
    { method: "GET", path: `/api/orders/${orderId}`, by: ann, status: 200 },
    { method: "GET", path: `/api/payments/${orderId}`, by: ann, status: 200 },
    { method: "GET", path: "/api/notifications?limit=5", by: ann, status: 200 },
    { method: "GET", path: "/api/mailbox?limit=5", by: admin, status: 200 },
    { method: "GET", path: "/health", status: 200 },
  ];
  const order: Step = { method: "POST", path: "/api/orders", by: ann, body: orderOf(product.id, 1), status: 202 };
  return [...reads, order, ...reads.slice(0, 3)];
}

/** Sends a step once; nothing is tried again. */
function asker(gateway: string) {
  return async ({ method, path, by, body, status }: Step): Promise<string> => {
    const headers: Record<string, string> = {};
    if (by?.session) headers["authorization"] = `Bearer ${by.session.accessToken}`;
    if (body) Object.assign(headers, { "content-type": "application/json", "idempotency-key": randomUUID() });
    const given = body ? { method, headers, body: JSON.stringify(body) } : { method, headers };
    const answer = await fetch(new URL(path, gateway), given).catch((error) => {
      throw new Error(`${method} ${path}`, { cause: error });
    });
    const text = await answer.text();
    const code = /"code":"(\w+)"/.exec(text)?.[1] ?? "";
    return answer.status === status ? "ok" : `${method} ${path}: ${answer.status} ${code}`;
  };
}
