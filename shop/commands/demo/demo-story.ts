import { setTimeout as delay } from "node:timers/promises";
import type { Mail } from "@flotilla/contracts/email";
import type { Stock } from "@flotilla/contracts/inventory";
import type { Notification } from "@flotilla/contracts/notifications";
import type { Order } from "@flotilla/contracts/orders";
import type { Payment } from "@flotilla/contracts/payments";
import type { Product } from "@flotilla/contracts/products";
import type { DemoShop, DemoVisitor } from "./demo-shop.ts";

/** What a customer wants to buy, and how to pay. */
export type Purchase = { readonly product: Product; readonly quantity: number; readonly method: string };

/** One order, from its placing to its last message. */
export type Story = {
  readonly purchase: Purchase;
  readonly order: Order;
  readonly payment: Payment | undefined;
  readonly stock: { readonly before: Stock; readonly after: Stock };
  readonly notification: Notification;
  readonly mail: Mail;
};

/** Who takes part: the customer, whose mail only the administrator sees. */
export type Cast = { shop: DemoShop; customer: DemoVisitor; email: string; administrator: DemoVisitor };

/** Places an order and follows it until it is final and everybody who has to know does. */
export async function followOrder(cast: Cast, purchase: Purchase): Promise<Story> {
  const { shop, customer, administrator, email } = cast;
  const { product, quantity, method } = purchase;
  const before = await shop.stock(product.id);
  const mailBefore = (await administrator.mailbox(email)).length;
  const { id } = await customer.placeOrder(product.id, quantity, method);
  const order = await until("the order is final", async () => {
    const seen = await customer.order(id);
    return seen.status === "pending" ? undefined : seen;
  });
  const notification = await until("the customer is notified", async () =>
    (await customer.notifications()).find((each) => each.orderId === id && each.type === `order.${order.status}`),
  );
  const mail = await until("the mail has arrived", async () => {
    const mails = await administrator.mailbox(email);
    return mails.length > mailBefore ? mails[0] : undefined;
  });
  const after = await until("what was reserved is sold or free again", async () => {
    const stock = await shop.stock(product.id);
    return stock.reserved <= before.reserved ? stock : undefined;
  });
  return { purchase, order, payment: await customer.payment(id), stock: { before, after }, notification, mail };
}

/** Asks until there is an answer; throws when there is none within 30 seconds. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await delay(50);
  }
  throw new Error(`waited for 30 s until ${what}, in vain`);
}
