import assert from "node:assert/strict";
import type { Order } from "@flotilla/contracts/orders";
import type { Shop } from "./shop.ts";
import { eventually, type Visitor } from "./visitor.ts";

export async function stockOf(visitor: Visitor, productId: string) {
  const { status, body } = await visitor.ask("GET", `/api/inventory/${productId}`);
  assert.equal(status, 200);
  const { available, reserved, sold } = body;
  return { available, reserved, sold };
}

/** Invariant I1 for one order, by the provider's own ledger: what it kept of the money. An order is charged at most once. */
export async function providerNet(shop: Pick<Shop, "database">, orderId: string): Promise<number> {
  const [row] = await shop
    .database("payments")
    .query<{ net: number; captures: number }>(
      "select net::bigint as net, captures from provider.net_per_order where order_id = $1",
      [orderId],
    );
  assert.ok((row?.captures ?? 0) <= 1, `order ${orderId} was charged ${row?.captures} times`);
  return row?.net ?? 0;
}

/** Invariant I4 for one order: the mail that `to` got, once there is as much as there should be. */
export function mailOf(shop: Pick<Shop, "admin">, to: string, count: number) {
  return eventually(`${count} mails to ${to}`, async () => {
    const { body } = await shop.admin.ask("GET", `/api/mailbox?to=${encodeURIComponent(to)}&limit=100`);
    return body.items.length >= count ? (body.items as { subject: string; text: string }[]) : undefined;
  });
}

export const statuses = (order: Order) => order.history.map(({ status }) => status);
