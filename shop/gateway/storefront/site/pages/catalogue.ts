import type { Product } from "@flotilla/contracts/products";
import { ask } from "../data/api.ts";
import { element, link } from "../elements/element.ts";
import { type Items, showMore } from "../elements/paged-list.ts";
import { picture } from "../elements/picture.ts";
import { announce } from "../elements/show.ts";
import { count, price, stock } from "../elements/words.ts";
import type { Page, View } from "../router.ts";

/** All categories that were seen; the shop tells of them by its products only. */
const categories = new Set<string>();
const PAGE = 100;

/** The catalogue: all of it, or what was searched for. */
export async function catalogue({ query, signal }: View): Promise<Page> {
  const [search, category] = [query.get("search") ?? "", query.get("category") ?? ""];
  const read = (cursor?: string) => {
    const asked = new URLSearchParams({
      limit: String(PAGE),
      ...(search && { search }),
      ...(category && { category }),
      ...(cursor && { cursor }),
    });
    return ask<Items<Product>>("GET", `/products?${asked}`, { signal, as: "anybody" });
  };
  if (categories.size === 0 && (search || category)) await meetCategories(signal);
  const { items, nextCursor } = await read();
  for (const product of items) categories.add(product.category);

  const grid = element("ul", { class: "products" }, ...items.map(card));
  const found =
    items.length === 0 ? "Nothing found" : `${count(items.length, "product")}${nextCursor === null ? "" : " and more"}`;
  if (search || category) announce(found);
  const title = search ? `“${search}”` : category || "What a boat needs";
  return {
    title: search || category ? `${title}: ${found}` : "Harbour shop",
    content: [
      !search && !category && hero(),
      element("nav", { class: "chips", "aria-label": "Categories" }, ...chips(search, category)),
      element(
        "div",
        { class: "heading" },
        element(search || category ? "h1" : "h2", {}, title),
        element("p", { class: "found" }, found),
      ),
      items.length > 0 ? grid : nothing(search),
      showMore({ list: grid, show: card, read, from: nextCursor }),
    ],
  };
}

async function meetCategories(signal: AbortSignal): Promise<void> {
  const { items } = await ask<Items<Product>>("GET", `/products?limit=${PAGE}`, { signal, as: "anybody" });
  for (const { category } of items) categories.add(category);
}

const hero = () =>
  element(
    "section",
    { class: "hero" },
    element("h1", {}, "Good things for small boats"),
    element(
      "p",
      {},
      "Rope that holds, lamps that burn, sweaters that have met weather. Packed by eight small services that lose nothing.",
    ),
  );

function chips(search: string, chosen: string): HTMLElement[] {
  const address = (category: string) => {
    const query = new URLSearchParams({ ...(search && { search }), ...(category && { category }) });
    return `/${query.size > 0 ? `?${query}` : ""}`;
  };
  return ["", ...[...categories].sort()].map((category) =>
    link(address(category), { class: "chip", "aria-current": category === chosen && "true" }, category || "Everything"),
  );
}

function card(product: Product): HTMLLIElement {
  const { id, name, price: amount, category, available } = product;
  return element(
    "li",
    { class: "card" },
    picture(product),
    element("p", { class: "kind" }, category),
    element("h3", {}, link(`/products/${encodeURIComponent(id)}`, {}, name)),
    element(
      "p",
      { class: "line" },
      element("span", { class: "price" }, price(amount)),
      element("span", { class: available > 0 ? "stock" : "stock out" }, stock(available)),
    ),
  );
}

const nothing = (search: string) =>
  element(
    "div",
    { class: "panel empty" },
    element("p", {}, search ? `Nothing here is called “${search}”.` : "There is nothing to buy here yet."),
    link("/", { class: "button quiet" }, "See everything"),
  );
