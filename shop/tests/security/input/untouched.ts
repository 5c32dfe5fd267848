import { createHash } from "node:crypto";
import type { Shop } from "../../fixtures/shop.ts";

/** What changes by itself: events on their way, what is known of those that have come, and which processes are there. */
const MOVING = ["outbox", "inbox", "migration", "saga", "saga_runner"];
const keepers = ["users", "products", "inventory", "orders", "payments", "email", "notifications"];

/** A hash of everything that each service keeps: two are the same when nothing was changed in between. */
export async function stateOf(shop: Shop): Promise<Record<string, string>> {
  const hashes = await Promise.all(keepers.map(async (name) => [name, await hashOf(shop, name)] as const));
  return Object.fromEntries(hashes);
}

async function hashOf(shop: Shop, service: string): Promise<string> {
  const hash = createHash("sha256");
  for (const line of await textOf(shop, service, MOVING)) hash.update(line);
  return hash.digest("hex");
}

/** Every row of a service's database as text, but for some tables. */
export async function textOf(shop: Shop, service: string, except: readonly string[] = []): Promise<string[]> {
  const database = shop.database(service);
  const tables = await database.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema in ('public', 'provider') and table_name <> all ($1)
     order by 1`,
    [except],
  );
  const lines: string[] = [];
  for (const { name } of tables) {
    const rows = await database.query<{ text: string }>(`select each::text as text from ${name} as each order by 1`);
    lines.push(...rows.map(({ text }) => `${name} ${text}`));
  }
  return lines;
}
