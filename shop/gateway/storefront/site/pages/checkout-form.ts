import type { PaymentMethod } from "@flotilla/contracts/payments";
import type { CartLine } from "../data/cart.ts";
import { isUnanswered, placeOrder } from "../data/checkout.ts";
import { inWords } from "../data/problem.ts";
import { user } from "../data/session.ts";
import { element, fill, link } from "../elements/element.ts";
import { cards } from "../elements/words.ts";
import { go } from "../router.ts";

/** Chooses a card and places the order; whoever is not signed in is asked to be first, and finds the cart as it was. */
export function checkoutForm(items: () => CartLine[], signal: AbortSignal): HTMLElement {
  if (!user.value()) {
    return element(
      "div",
      {},
      element("p", {}, "To order, sign in or open an account. Your cart stays as it is."),
      element(
        "p",
        { class: "row" },
        link("/sign-in?then=/cart", { class: "button" }, "Sign in"),
        link("/sign-up?then=/cart", { class: "button quiet" }, "Open an account"),
      ),
    );
  }
  const fault = element("p", { class: "fault", role: "alert" });
  const press = element("button", { type: "submit" }, isUnanswered() ? "Send the order again" : "Place the order");
  const choices = cards.map(([method, name, what], at) =>
    element(
      "label",
      { class: "choice" },
      element("input", { type: "radio", name: "method", value: method, checked: at === 0 }),
      element("span", {}, element("strong", {}, name), element("small", {}, what)),
    ),
  );
  const form = element(
    "form",
    { class: "checkout" },
    element("fieldset", {}, element("legend", {}, "Pay with a test card"), ...choices),
    fault,
    press,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (press.ariaBusy === "true") return;
    const ordered = items();
    if (ordered.length === 0) return fill(fault, "There is nothing in the cart that can be ordered.");
    fill(fault);
    press.ariaBusy = "true";
    try {
      const method = new FormData(form).get("method") as PaymentMethod;
      const order = await placeOrder({ items: ordered, payment: { method } });
      go(`/orders/${order.id}`);
    } catch (error) {
      if (signal.aborted) return;
      fill(fault, inWords(error), isUnanswered() && " Your order is kept, and is sent once however often you try.");
      fill(press, isUnanswered() ? "Send the order again" : "Place the order");
    } finally {
      press.ariaBusy = null;
    }
  });
  return form;
}
