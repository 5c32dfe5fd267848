import type { Product } from "@flotilla/contracts/products";
import { ask } from "../data/api.ts";
import { type CartLine, cart, setQuantity } from "../data/cart.ts";
import { Problem } from "../data/problem.ts";
import { element, fill, link } from "../elements/element.ts";
import { picture } from "../elements/picture.ts";
import { announce } from "../elements/show.ts";
import { price } from "../elements/words.ts";
import type { Page, View } from "../router.ts";
import { checkoutForm } from "./checkout-form.ts";

type Entry = { readonly line: CartLine; readonly product: Product | undefined };

/** The cart at today's prices, and the checkout. */
export async function cartPage({ signal, again }: View): Promise<Page> {
  const lines = cart.value();
  if (lines.length === 0) return { title: "Cart", content: [emptyCart()] };
  const entries = await Promise.all(
    lines.map(async (line): Promise<Entry> => ({ line, product: await find(line, signal) })),
  );
  const total = element("strong", { class: "price" });
  const summary = element("section", { class: "panel summary" });
  const list = element("ul", { class: "lines" });
  const showTotal = () => {
    const now = cart.value();
    const sum = entries.reduce(
      (all, { line, product }) =>
        all + (product?.price.amount ?? 0) * (now.find(({ productId }) => productId === line.productId)?.quantity ?? 0),
      0,
    );
    fill(total, price({ amount: sum }));
  };
  fill(list, ...entries.map((entry) => showLine(entry)));
  showTotal();
  fill(
    summary,
    element("h2", {}, "Checkout"),
    element("p", { class: "line" }, "Total", total),
    checkoutForm(() => orderable(entries), signal),
  );
  // Quantities change in place; other products, as after an order or in another tab, are another cart.
  cart.watch((now) => {
    const isSame = now.length === lines.length && now.every(({ productId }, at) => productId === lines[at]?.productId);
    if (!isSame) return again();
    showTotal();
    announce(`Total ${total.textContent}`);
  }, signal);
  return {
    title: "Cart",
    content: [element("h1", {}, "Your cart"), element("div", { class: "columns" }, list, summary)],
  };
}

const emptyCart = () =>
  element(
    "section",
    { class: "panel empty narrow" },
    element("h1", {}, "Your cart is empty"),
    link("/", { class: "button" }, "Look around"),
  );

async function find({ productId }: CartLine, signal: AbortSignal): Promise<Product | undefined> {
  try {
    return await ask<Product>("GET", `/products/${encodeURIComponent(productId)}`, { signal, as: "anybody" });
  } catch (error) {
    if (error instanceof Problem && (error.status === 404 || error.status === 400)) return undefined;
    throw error;
  }
}

/** What can be ordered of it: what is still sold. */
const orderable = (entries: readonly Entry[]): CartLine[] =>
  cart.value().filter(({ productId }) => entries.some(({ line, product }) => line.productId === productId && product));

function showLine({ line: { productId, quantity }, product }: Entry): HTMLLIElement {
  const name = product?.name ?? "A product that is no longer sold";
  const remove = element(
    "button",
    { type: "button", class: "quiet", "aria-label": `Take out ${name}`, onclick: () => setQuantity(productId, 0) },
    "Take out",
  );
  if (!product) return element("li", {}, element("div", { class: "grow" }, element("p", {}, name)), remove);
  const input = element("input", {
    type: "number",
    min: 1,
    max: 1_000_000,
    value: quantity,
    "aria-label": `Pieces of ${name}`,
    inputmode: "numeric",
  });
  input.addEventListener("change", () => {
    if (input.validity.valid && input.value !== "") setQuantity(productId, input.valueAsNumber);
    else input.value = String(cart.value().find((each) => each.productId === productId)?.quantity ?? 1);
  });
  const few = product.available < quantity && `Only ${product.available} can be had right now.`;
  return element(
    "li",
    {},
    picture(product),
    element(
      "div",
      { class: "grow" },
      element("p", {}, link(`/products/${encodeURIComponent(productId)}`, {}, name)),
      element("p", { class: "price" }, price(product.price)),
      few && element("p", { class: "fault" }, few),
    ),
    input,
    remove,
  );
}
