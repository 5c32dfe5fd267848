import type { Order } from "@flotilla/contracts/orders";
import { ask } from "../data/api.ts";
import { news } from "../data/live.ts";
import { user } from "../data/session.ts";
import { element, link } from "../elements/element.ts";
import { pagedList } from "../elements/paged-list.ts";
import { price, statuses, time } from "../elements/words.ts";
import type { Page, View } from "../router.ts";

/** One's own orders; all of them for an administrator. */
export async function orders({ signal, again }: View): Promise<Page> {
  const isAdmin = user.value()?.role === "admin";
  const list = await pagedList<Order>("/orders", (order) => row(order, isAdmin), signal, "No orders yet.");
  news.watch((notification) => notification?.orderId && again(), signal);
  return { title: "Orders", content: [element("h1", {}, isAdmin ? "All orders" : "Your orders"), list] };
}

function row({ id, status, items, total, createdAt, userName }: Order, isAdmin: boolean): HTMLLIElement {
  const [first] = items;
  const what = `${first?.name ?? "Nothing"}${items.length > 1 ? ` and ${items.length - 1} more` : ""}`;
  return element(
    "li",
    { class: "row-card" },
    element(
      "div",
      { class: "grow" },
      link(`/orders/${encodeURIComponent(id)}`, {}, what),
      element("p", { class: "hint" }, time(createdAt), isAdmin && ` · ${userName}`),
    ),
    element("span", { class: `status ${status}` }, statuses[status]),
    element("span", { class: "price" }, price(total)),
  );
}

/** Reads an order. */
export const readOrder = (id: string, signal: AbortSignal): Promise<Order> =>
  ask<Order>("GET", `/orders/${encodeURIComponent(id)}`, { signal });
