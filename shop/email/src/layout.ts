import type { Money } from "@flotilla/contracts/money";
import type { OrderItem } from "@flotilla/contracts/orders";
import type { Content } from "./mail.ts";

/** What a letter has to say, before it is laid out. */
export type Draft = {
  subject: string;
  paragraphs: string[];
  bill?: { orderId: string; items: OrderItem[]; total: Money; totalLabel: string };
};

/** Lays a letter out as plain text and as HTML that says the same. Whatever the draft holds is shown as it is, never as markup. */
export const layOut = (draft: Draft): Content => ({
  subject: draft.subject,
  text: asText(draft),
  html: asHtml(draft),
});

const GREETING = "Hello,";
const SIGNATURE = "Your Flotilla shop";

function asText({ paragraphs, bill }: Draft): string {
  const rows = bill?.items.map((item) => `${item.quantity} x ${inOneLine(item.name)}: ${format(priceOf(item))}`) ?? [];
  const lines = bill ? [`Order ${bill.orderId}`, ...rows, `${bill.totalLabel}: ${format(bill.total)}`] : [];
  return [GREETING, ...paragraphs, ...(bill ? [lines.join("\n")] : []), SIGNATURE].join("\n\n").concat("\n");
}

function asHtml({ subject, paragraphs, bill }: Draft): string {
  const said = [GREETING, ...paragraphs].map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`).join("\n");
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>
<body style="margin:0;padding:24px;background:#f4f5f7;color:#1f2933;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:560px;margin:0 auto;padding:24px 32px;background:#fff;border-radius:8px">
<h1 style="font-size:20px">${escapeHtml(subject)}</h1>
${said}
${bill ? table(bill) : ""}<p style="color:#616e7c">${SIGNATURE}</p>
</div>
</body>
</html>
`;
}

const RIGHT = "padding:6px 0;text-align:right;white-space:nowrap";

function table({ items, total, totalLabel }: NonNullable<Draft["bill"]>): string {
  const rows = items.map(
    (item) => `<tr><td>${item.quantity} &times; ${escapeHtml(item.name)}</td>
<td style="${RIGHT}">${escapeHtml(format(priceOf(item)))}</td></tr>`,
  );
  return `<table style="width:100%;border-collapse:collapse">
${rows.join("\n")}
<tr style="border-top:1px solid #cbd2d9;font-weight:600"><td>${escapeHtml(totalLabel)}</td>
<td style="${RIGHT}">${escapeHtml(format(total))}</td></tr>
</table>
`;
}

const priceOf = ({ unitPrice, quantity }: OrderItem): Money => ({ ...unitPrice, amount: unitPrice.amount * quantity });

/** Products may be older than the rule that their names have one line. */
const inOneLine = (text: string): string => text.replaceAll(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();

/** One for each currency: to make one takes longer than the rest of a mail. */
const formatters = new Map<string, Intl.NumberFormat>();

function formatterOf(currency: string): Intl.NumberFormat {
  let formatter = formatters.get(currency);
  if (!formatter) {
    formatter = new Intl.NumberFormat("en-IE", { style: "currency", currency });
    formatters.set(currency, formatter);
  }
  return formatter;
}

/** Exact for every amount: the formatter is given digits, not a fraction. */
function format({ amount, currency }: Money): string {
  const digits = String(amount).padStart(3, "0");
  const value = `${digits.slice(0, -2)}.${digits.slice(-2)}` as `${number}`;
  return formatterOf(currency).format(value);
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
