import type { OrderFacts } from "@flotilla/contracts/orders";
import { type Draft, layOut } from "./layout.ts";
import type { Content, Facts, Intent, Template } from "./mail.ts";

/** Writes a letter: subject, plain text and HTML. Nothing in it was written by its recipient. */
export const write = ({ template, facts }: Pick<Intent, "template" | "facts">): Content =>
  layOut((drafts[template] as (facts: Intent["facts"]) => Draft)(facts));

const drafts: { [Name in Template]: (facts: Facts[Name]) => Draft } = {
  welcome: () => ({
    subject: "Welcome to Flotilla",
    paragraphs: ["Your account is open. We will write to you here about every order you place."],
  }),
  receipt: (facts) => ({
    subject: `Receipt for order ${facts.orderId}`,
    paragraphs: ["Thank you for your order. It is confirmed and paid."],
    bill: bill(facts, "Paid"),
  }),
  rejection: (facts) => ({
    subject: `We could not accept order ${facts.orderId}`,
    paragraphs: [reasonInWords(facts.reason), "You have not been charged for it. You are welcome to order again."],
    bill: bill(facts, "Not charged"),
  }),
  refund: (facts) => ({
    subject: `Refund for order ${facts.orderId}`,
    paragraphs: ["Your order is cancelled, as you asked. We have paid its price back."],
    bill: bill(facts, "Refunded"),
  }),
};

const bill = ({ orderId, items, total }: OrderFacts, totalLabel: string): NonNullable<Draft["bill"]> => ({
  orderId,
  items,
  total,
  totalLabel,
});

const reasons: Readonly<Record<string, string>> = {
  out_of_stock: "We are sorry: something in your order has sold out in the meantime.",
  payment_declined: "We are sorry: your card was declined.",
  insufficient_funds: "We are sorry: there was not enough money on your card.",
};

const reasonInWords = (reason: string): string =>
  reasons[reason] ?? "We are sorry: something went wrong on our side, and we could not complete your order.";
