import assert from "node:assert/strict";
import { consumers, consumersOf, publishers } from "./books.ts";
import type { RunningShop } from "./running-shop.ts";

/** From now on inboxes number what they take, in the order in which they take it. */
export async function numberInboxes({ database }: RunningShop): Promise<void> {
  for (const consumer of consumers)
    await database(consumer).query("alter table inbox add column place bigint generated always as identity");
}

type Published = { id: string; type: string; key: string; source: string; version: number | null };

/**
 * The invariants I5 and I7, by outboxes and inboxes alone: each consumer has taken exactly what was published for it, what has one key in the
 * order it was published in, and of a product's stock every version, rising by one.
 */
export async function assertSeenInOrder({ database }: RunningShop): Promise<void> {
  const published = (
    await Promise.all(publishers.map((service) => database(service).query<Published>(PUBLISHED)))
  ).flat();
  for (const consumer of consumers) {
    const seen = await database(consumer).query<{ id: string }>("select message_id as id from inbox order by place");
    const places = new Map(seen.map(({ id }, place) => [id, place]));
    const meant = published.filter(({ type }) => consumersOf.get(type)?.includes(consumer));
    assert.deepEqual(new Set(places.keys()), new Set(meant.map(({ id }) => id)), `what ${consumer} has taken`);
    for (const [aggregate, events] of Map.groupBy(meant, ({ source, key }) => `${source} ${key}`)) {
      const inOrder = events.toSorted((a, b) => Number(places.get(a.id)) - Number(places.get(b.id)));
      assert.deepEqual(inOrder, events, `the order in which ${consumer} has seen what happened to ${aggregate}`);
      const versions = inOrder.filter(({ type }) => type === "stock.changed").map(({ version }) => version);
      assert.deepEqual(
        versions,
        Array.from(versions.keys(), (index) => index + 1),
        `versions of ${aggregate}`,
      );
    }
  }
}

const PUBLISHED = `
  select message ->> 'id' as id, message ->> 'type' as type, message ->> 'key' as key, message ->> 'source' as source,
    (message -> 'body' ->> 'version')::int as version from outbox order by seq`;
