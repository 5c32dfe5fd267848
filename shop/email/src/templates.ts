import type { OrderFacts } from "@flotilla/contracts/orders";
import { type Draft, layOut } from "./layout.ts";
import type { Content, Facts, Intent, Template } from "./mail.ts";

/** Writes a letter: subject, plain text and HTML. Nothing in it was written by its recipient. `token` is for letters that carry one. */
export const write = ({ template, facts }: Pick<Intent, "template" | "facts">, token = ""): Content =>
  layOut((drafts[template] as (facts: Intent["facts"], token: string) => Draft)(facts, token));

const drafts: { [Name in Template]: (facts: Facts[Name], token: string) => Draft } = {
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
  passwordReset: (_facts, token) => ({
    subject: "Set a new password",
    paragraphs: [
      "A new password was asked for, for the account with this email. This is the token that sets it:",
      token,
      "It is good once, and for 30 minutes since it was asked for. If you did not ask for it, leave it alone: nothing has changed.",
    ],
  }),
  credentialsChanged: ({ changed }) => ({
    subject: `Your account has a new ${changed.join(" and ")}`,
    paragraphs: [
      `Your Flotilla account has a new ${changed.join(" and ")}, and its other sessions have ended.`,
      ...(changed.includes("email") ? ["From now on we write to the new email, and no longer to this one."] : []),
      "If it was not you who changed it, please write to us at once.",
    ],
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
