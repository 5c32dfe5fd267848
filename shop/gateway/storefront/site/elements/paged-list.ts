import { ask } from "../data/api.ts";
import { button } from "./button.ts";
import { element, fill } from "./element.ts";

type Items<T> = { readonly items: readonly T[]; readonly nextCursor: string | null };

/** A list of the shop, page by page. */
export async function pagedList<T>(
  path: string,
  show: (item: T) => HTMLLIElement,
  signal: AbortSignal,
  empty: string,
): Promise<HTMLElement> {
  const read = (cursor?: string) => {
    const query = new URLSearchParams({ limit: "20", ...(cursor && { cursor }) });
    return ask<Items<T>>("GET", `${path}${path.includes("?") ? "&" : "?"}${query}`, { signal });
  };
  const { items, nextCursor } = await read();
  if (items.length === 0) return element("p", { class: "panel empty" }, empty);
  const list = element("ul", { class: "rows" }, ...items.map(show));
  const more = element("p", { class: "more" });
  const offerMore = (cursor: string | null) =>
    fill(
      more,
      cursor !== null &&
        button("Show more", async () => {
          const next = await read(cursor);
          const rows = next.items.map(show);
          list.append(...rows);
          offerMore(next.nextCursor);
          rows[0]?.querySelector<HTMLElement>("a, button")?.focus();
        }),
    );
  offerMore(nextCursor);
  return element("div", {}, list, more);
}
