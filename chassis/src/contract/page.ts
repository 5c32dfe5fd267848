import type { Page } from "./schema.ts";

/**
 * Makes a page from rows that were read with one more than `limit`, in the order of the list: the cursor is the id of the
 * last item shown, and the next page begins behind it.
 */
export function pageOf<Item extends { id: string }>(rows: readonly Item[], limit: number): Page<Item> {
  const items = rows.slice(0, limit);
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}
