import type { Stock } from "@flotilla/contracts/inventory";
import type { Product } from "@flotilla/contracts/products";
import { ask } from "../data/api.ts";
import { element, link } from "../elements/element.ts";
import { createForm } from "../elements/form.ts";
import { pagedList } from "../elements/paged-list.ts";
import { picture } from "../elements/picture.ts";
import { count, price } from "../elements/words.ts";
import type { Page, View } from "../router.ts";

/** All products, for administrators. */
export async function stockRoom({ signal }: View): Promise<Page> {
  const list = await pagedList<Product>("/products", row, signal, "There are no products yet.");
  const add = link("/admin/products/new", { class: "button" }, "Add a product");
  return {
    title: "Stock room",
    content: [element("div", { class: "heading" }, element("h1", {}, "Stock room"), add), list],
  };
}

const row = (product: Product): HTMLLIElement =>
  element(
    "li",
    { class: "row-card" },
    picture(product),
    element(
      "div",
      { class: "grow" },
      link(`/admin/products/${encodeURIComponent(product.id)}`, {}, product.name),
      element("p", { class: "hint" }, product.category),
    ),
    element("span", { class: product.available > 0 ? "stock" : "stock out" }, count(product.available, "piece")),
    element("span", { class: "price" }, price(product.price)),
  );

/** A product's stock, to be set anew. */
export async function stockForm(productId: string, signal: AbortSignal): Promise<HTMLElement> {
  const path = `/inventory/${encodeURIComponent(productId)}`;
  const words = ({ available, reserved, sold }: Stock) =>
    `${available} can be had, ${reserved} put aside for orders, ${sold} sold.`;
  const state = element("p", { role: "status" }, words(await ask<Stock>("GET", path, { signal })));
  const form = createForm({
    fields: [
      {
        name: "available",
        label: "Pieces that can be had",
        type: "number",
        min: 0,
        max: 1_000_000_000,
        required: true,
        inputmode: "numeric",
      },
    ],
    submit: "Set the stock",
    about: { stock_limit_reached: "available" },
    async send({ available }) {
      state.textContent = words(await ask<Stock>("PUT", path, { body: { available: Number(available) }, attempts: 3 }));
    },
  });
  return element("section", { class: "panel" }, element("h2", {}, "Stock"), state, form);
}
