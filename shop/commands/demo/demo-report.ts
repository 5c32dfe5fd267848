import type { Stock } from "@flotilla/contracts/inventory";
import type { Story } from "./demo-story.ts";

/** Tells the story of an order, a line for each thing that happened. */
export function tellStory(title: string, { purchase, order, payment, stock, notification, mail }: Story): string {
  const { product, quantity, method } = purchase;
  const start = new Date(order.createdAt).getTime();
  const history = order.history.map(({ status, at }) => {
    const reason = status === "rejected" ? ` because of ${order.reason}` : "";
    return `${status}${reason} (after ${new Date(at).getTime() - start} ms)`;
  });
  const rows: [string, string][] = [
    ["order", `${order.id}`],
    ["buys", `${quantity} × ${product.name}, ${money(order.total)} with ${method}`],
    ...history.map((line, index): [string, string] => [index === 0 ? "history" : "", line]),
    ["payment", payment ? paid(payment) : "none was asked for"],
    ["stock", changes(stock.before, stock.after)],
    ["notified", `“${notification.title}”`],
    ["mail", `“${mail.subject}” to ${mail.to}`],
  ];
  return [title, ...rows.map(([name, text]) => `  ${name.padEnd(9)} ${text}`), ""].join("\n");
}

type Money = { amount: number; currency: string };

const money = ({ amount, currency }: Money) =>
  new Intl.NumberFormat("en-IE", { style: "currency", currency }).format(amount / 100);

const paid = (payment: { status: string; captured: Money; refunded: Money }) =>
  `${payment.status}: ${money(payment.captured)} captured, ${money(payment.refunded)} refunded`;

function changes(before: Stock, after: Stock): string {
  const names = ["available", "reserved", "sold"] as const;
  const changed = names.filter((name) => before[name] !== after[name]);
  if (changed.length === 0) return `unchanged: ${after.available} available, ${after.sold} sold`;
  return changed.map((name) => `${name} ${before[name]} → ${after[name]}`).join(", ");
}
