import type { Order } from "@flotilla/contracts/orders";
import type { Payment } from "@flotilla/contracts/payments";
import { inWords } from "../data/problem.ts";
import { user } from "../data/session.ts";
import { button } from "../elements/button.ts";
import { element, fill, link } from "../elements/element.ts";
import { price, reasonInWords, statuses, time } from "../elements/words.ts";

/** What is known of an order, and what its page needs besides. */
export type ShownOrder = {
  readonly order: Order;
  readonly payment: Payment | undefined;
  /** Its address in the console, when there is one. */
  readonly timeline: string | undefined;
  /** Whether it was asked to be cancelled, and is not yet. */
  readonly cancelling: boolean;
};

/** An order as its page shows it. */
export function orderView(shown: ShownOrder, cancel: () => Promise<void>): HTMLElement[] {
  const { order, payment, cancelling } = shown;
  const { status, items, reason, createdAt } = order;
  return [
    element(
      "nav",
      { class: "trail", "aria-label": "Where you are" },
      link("/orders", {}, "Orders"),
      element("span", {}, time(createdAt)),
    ),
    element("h1", {}, headline(order, cancelling)),
    element(
      "p",
      { class: "lead" },
      status === "rejected"
        ? reasonInWords(reason)
        : cancelling
          ? "We give your money back and put the pieces on the shelf again."
          : leads[status],
    ),
    progress(order, payment, cancelling),
    element(
      "div",
      { class: "columns" },
      element(
        "ul",
        { class: "lines" },
        ...items.map(({ productId, name, quantity, unitPrice }) =>
          element(
            "li",
            {},
            element(
              "div",
              { class: "grow" },
              link(`/products/${encodeURIComponent(productId)}`, {}, name),
              element("p", { class: "hint" }, `${quantity} × ${price(unitPrice)}`),
            ),
            element("span", { class: "price" }, price({ amount: unitPrice.amount * quantity })),
          ),
        ),
      ),
      summaryOf(shown, cancel),
    ),
  ];
}

function summaryOf({ order, payment, timeline, cancelling }: ShownOrder, cancel: () => Promise<void>): HTMLElement {
  const { id, status, total } = order;
  const fault = element("p", { class: "fault", role: "alert" });
  const tryCancel = () => cancel().catch((error) => fill(fault, inWords(error)));
  return element(
    "section",
    { class: "panel summary" },
    element("h2", {}, "Summary"),
    element("p", { class: "line" }, "Total", element("strong", { class: "price" }, price(total))),
    payment && element("p", { class: "line" }, "Paid", element("span", {}, price(payment.captured))),
    payment &&
      payment.refunded.amount > 0 &&
      element("p", { class: "line" }, "Given back", element("span", {}, price(payment.refunded))),
    element("p", { class: "hint" }, "Number ", element("code", {}, id)),
    timeline !== undefined &&
      element(
        "p",
        {},
        element("a", { href: timeline, class: "button quiet", rel: "noreferrer" }, "See its timeline in the console"),
      ),
    status === "confirmed" && !cancelling && button("Cancel the order", tryCancel, { class: "danger" }),
    status === "rejected" && link("/", { class: "button" }, "Back to the shop"),
    fault,
  );
}

const headline = ({ status }: Order, cancelling: boolean): string =>
  cancelling
    ? "Being cancelled…"
    : {
        pending: "We are on it",
        confirmed: "Thank you: it is yours",
        rejected: "This order did not work out",
        cancelled: "Cancelled",
      }[status];

const leads = {
  pending: "We put your things aside and ask your bank. You may close this page: the order goes on.",
  confirmed: "Paid and confirmed.",
  cancelled: "Your order is cancelled, and you have your money back.",
  rejected: "",
};

/** Mail follows from what happened to the order, within moments; whether it was read is for the customer to know. */
function progress(
  { history, status, userId }: Order,
  payment: Payment | undefined,
  cancelling: boolean,
): HTMLOListElement {
  const isOwn = userId === user.value()?.id;
  const mail = {
    pending: undefined,
    confirmed: "A receipt",
    rejected: "A letter that says why",
    cancelled: "A letter about the refund",
  }[status];
  const step = (state: "done" | "now" | "bad", name: string, what: string) =>
    element(
      "li",
      { class: state, "aria-current": state === "now" && "step" },
      element("strong", {}, name),
      element("span", {}, what),
    );
  return element(
    "ol",
    { class: "steps", "aria-label": "What has happened" },
    ...history.map(({ status: each, at }) =>
      step(each === "rejected" ? "bad" : "done", each === "pending" ? "Placed" : statuses[each], time(at)),
    ),
    status === "pending" &&
      step(
        "now",
        "In progress",
        payment?.status === "captured" ? "Paid, being confirmed" : "Putting your things aside, asking your bank",
      ),
    cancelling && step("now", "Cancelling", "Refund and restock"),
    mail !== undefined && step("done", "By mail", `${mail} goes to ${isOwn ? user.value()?.email : "the customer"}`),
  );
}
