import type { Money } from "@flotilla/contracts/money";
import type { OrderStatus } from "@flotilla/contracts/orders";

const prices = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" });
const times = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** An amount as customers read it. */
export const price = ({ amount }: Pick<Money, "amount">): string => prices.format(amount / 100);

/** A time of the shop in the customer's own. */
export const time = (rfc3339: string): string => times.format(new Date(rfc3339));

/** `1 piece`, `3 pieces`. */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;

/** What there is of a product. */
export const stock = (available: number): string =>
  available === 0 ? "Sold out" : available <= 10 ? `Only ${available} left` : "In stock";

/** What an order's status means. */
export const statuses: Readonly<Record<OrderStatus, string>> = {
  pending: "In progress",
  confirmed: "Confirmed",
  rejected: "Not accepted",
  cancelled: "Cancelled",
};

const reasons: Readonly<Record<string, string>> = {
  out_of_stock: "Something in it sold out before your order was complete. You have not been charged.",
  payment_declined: "Your card was declined. You have not been charged.",
  insufficient_funds: "There was not enough money on the card. You have not been charged.",
};

/** Why an order was not accepted. */
export const reasonInWords = (reason: string | null): string =>
  reasons[reason ?? ""] ?? "Something went wrong on our side. You have not been charged.";

/** The test cards of the simulated payment provider, and what each does. */
export const cards = [
  ["pm_card_visa", "Card that works", "Accepted at once"],
  ["pm_card_slow", "Slow card", "Accepted after three seconds"],
  ["pm_card_flaky", "Flaky card", "The bank fails twice, then accepts"],
  [
    "pm_card_lost_answer",
    "Card with a lost answer",
    "Charged, but the bank's answer gets lost: you pay once all the same",
  ],
  ["pm_card_declined", "Declined card", "The bank says no"],
  ["pm_card_insufficient_funds", "Empty card", "There is not enough money on it"],
] as const;
