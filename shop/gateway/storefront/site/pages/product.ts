import type { Product } from "@flotilla/contracts/products";
import { ask } from "../data/api.ts";
import { cart, MOST_LINES, setQuantity } from "../data/cart.ts";
import { user } from "../data/session.ts";
import { element, fill, link } from "../elements/element.ts";
import { picture } from "../elements/picture.ts";
import { toast } from "../elements/show.ts";
import { price, stock } from "../elements/words.ts";
import type { Page, View } from "../router.ts";

/** One product, and the way into the cart. */
export async function product({ parameters: [id = ""], signal }: View): Promise<Page> {
  const shown = await ask<Product>("GET", `/products/${encodeURIComponent(id)}`, { signal, as: "anybody" });
  const { name, description, category, available } = shown;
  return {
    title: name,
    content: [
      element(
        "nav",
        { class: "trail", "aria-label": "Where you are" },
        link("/", {}, "Shop"),
        link(`/?${new URLSearchParams({ category })}`, {}, category),
      ),
      element(
        "article",
        { class: "product" },
        picture(shown, { eager: true }),
        element(
          "div",
          {},
          element("h1", {}, name),
          element("p", { class: "price large" }, price(shown.price)),
          element("p", { class: available > 0 ? "stock" : "stock out" }, stock(available)),
          element("p", { class: "description" }, description),
          available > 0 ? buyForm(shown) : element("p", { class: "notice" }, "It comes back when the next boat is in."),
          user.value()?.role === "admin" &&
            element(
              "p",
              {},
              link(`/admin/products/${encodeURIComponent(id)}`, { class: "button quiet" }, "Edit this product"),
            ),
        ),
      ),
    ],
  };
}

function buyForm({ id, name, available }: Product): HTMLFormElement {
  const quantity = element("input", {
    type: "number",
    name: "quantity",
    id: "quantity",
    min: 1,
    max: Math.min(available, 1_000),
    value: 1,
    required: true,
    inputmode: "numeric",
    "aria-describedby": "quantity-fault",
  });
  const fault = element("p", { class: "fault", role: "alert", id: "quantity-fault" });
  const form = element(
    "form",
    { class: "buy", novalidate: true },
    element("label", { for: "quantity" }, "Pieces"),
    quantity,
    element("button", { type: "submit" }, "Put into the cart"),
    fault,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const held = cart.value().find(({ productId }) => productId === id)?.quantity ?? 0;
    const isFull = held === 0 && cart.value().length >= MOST_LINES;
    const wrong = quantity.validity.valid
      ? isFull && `An order can hold ${MOST_LINES} products; this one would be too many.`
      : quantity.validationMessage;
    fill(fault, wrong);
    quantity.ariaInvalid = wrong ? "true" : null;
    if (wrong) return quantity.focus();
    setQuantity(id, held + quantity.valueAsNumber);
    toast(element("strong", {}, "In your cart: "), name, " ", link("/cart", {}, "To the cart"));
  });
  return form;
}
