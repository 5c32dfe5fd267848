import type { BodyOf } from "@flotilla/chassis/contract";
import type { orderCancelled, orderConfirmed, orderRejected } from "@flotilla/contracts/orders";

/** What a notification says. `type` is the event it tells of. */
export type Content = { type: string; title: string; message: string; orderId: string | null };

export const accountOpened = (): Content => ({
  type: "user.created",
  title: "Welcome to Flotilla",
  message: "Your account is open. You will hear here of every order you place.",
  orderId: null,
});

export const confirmed = ({ orderId, items }: BodyOf<typeof orderConfirmed>): Content => ({
  type: "order.confirmed",
  title: "Order confirmed",
  message: `Your order of ${describe(items)} is confirmed and paid.`,
  orderId,
});

export const rejected = ({ orderId, items, reason }: BodyOf<typeof orderRejected>): Content => ({
  type: "order.rejected",
  title: "Order not accepted",
  message: `Your order of ${describe(items)} was not accepted: ${reasons[reason] ?? "something went wrong on our side"}.`,
  orderId,
});

export const cancelled = ({ orderId, items }: BodyOf<typeof orderCancelled>): Content => ({
  type: "order.cancelled",
  title: "Order cancelled",
  message: `Your order of ${describe(items)} is cancelled, and its price has been paid back.`,
  orderId,
});

const reasons: Readonly<Record<string, string>> = {
  out_of_stock: "something in it has sold out",
  payment_declined: "the card was declined",
  insufficient_funds: "there was not enough money on the card",
};

/** `Teapot`, or `Teapot and 2 more`. */
function describe(items: readonly { name: string }[]): string {
  const name = items[0]?.name ?? "nothing";
  return items.length > 1 ? `${name} and ${items.length - 1} more` : name;
}
