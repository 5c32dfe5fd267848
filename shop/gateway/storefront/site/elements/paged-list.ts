import { ask } from "../data/api.ts";
import { button } from "./button.ts";
import { element, fill } from "./element.ts";

export type Items<T> = { readonly items: readonly T[]; readonly nextCursor: string | null };

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
  return element("div", {}, list, showMore({ list, show, read, from: nextCursor }));
}

/** A button that adds the next page to a list, as long as there is one; `from` is the cursor of the first that is not shown. */
export function showMore<T>({
  list,
  show,
  read,
  from,
}: {
  readonly list: HTMLElement;
  readonly show: (item: T) => HTMLElement;
  readonly read: (cursor: string) => Promise<Items<T>>;
  readonly from: string | null;
}): HTMLElement {
  const more = element("p", { class: "more" });
  const offer = (cursor: string | null) =>
    fill(
      more,
      cursor !== null &&
        button("Show more", async () => {
          const next = await read(cursor);
          const shown = next.items.map(show);
          list.append(...shown);
          offer(next.nextCursor);
          shown[0]?.querySelector<HTMLElement>("a, button")?.focus();
        }),
    );
  offer(from);
  return more;
}
