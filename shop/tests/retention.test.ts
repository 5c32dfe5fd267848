import assert from "node:assert/strict";
import { test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { startShop } from "./fixtures/shop.ts";
import { eventually } from "./fixtures/visitor.ts";

const ROWS = 10_000;

/** Rows of a table whose time is over, and one of each that stays. */
const old: readonly [service: string, table: string, insert: string][] = [
  [
    "orders",
    "orders",
    `insert into orders select 'old' || n, 'u', 'U', case n when 1 then 'pending' else 'confirmed' end,
       '[{"productId": "p", "quantity": 1, "unitPrice": {"amount": 1, "currency": "EUR"}}]', 1, 'EUR', 'pm_card_visa', null, '[]', 1,
       now() - interval '11 years', now() from generate_series(1, $1) n`,
  ],
  [
    "payments",
    "payment",
    `insert into payment select 'old' || n, case n when 1 then 'pending' else 'captured' end, 'u', 1, 'EUR', 'pm_card_visa', 'k', null,
       now() - interval '11 years', now() from generate_series(1, $1) n`,
  ],
  [
    "inventory",
    "reservation",
    `insert into reservation select 'old' || n, case n when 1 then 'reserved' else 'sold' end, '[]', now() + interval '1 hour',
       now() - interval '11 years', now() from generate_series(1, $1) n`,
  ],
  [
    "email",
    "mail",
    `insert into mail (id, template, user_id, facts, state, created_at, due_at)
       select 'old' || n, 'receipt', 'u', '{}', case n when 1 then 'queued' else 'sent' end, now() - interval '91 days', now() + interval '1 hour'
         from generate_series(1, $1) n`,
  ],
  [
    "email",
    "mailbox",
    `insert into mailbox select 'old' || n, 'm' || n, 'r', 'r', '', '', '', now() - interval '1 day' * case n when 1 then 1 else 91 end
       from generate_series(1, $1) n`,
  ],
  [
    "notifications",
    "notification",
    `insert into notification select 'old' || n, 'u', 't', '', '', null, null, now() - interval '1 day' * case n when 1 then 1 else 181 end
       from generate_series(1, $1) n`,
  ],
];

test("what is old goes while orders come, and they are none the worse for it", async () => {
  const shop = await startShop(fileCleanup);
  const product = await shop.admin.addProduct({ name: "Bollard", price: 900 }, 1_000);
  const ann = await shop.customer();
  const before = await ann.order(product.id, 1);
  for (const [service, , insert] of old) await shop.database(service).query(insert, [ROWS]);
  // Each looks for what is old when it starts.
  await Promise.all([...new Set(old.map(([service]) => service))].map(shop.restart));
  const customers = await Promise.all(Array.from({ length: 4 }, () => shop.customer()));
  const placed = customers.map(async (customer) => {
    for (let count = 0; count < 5; count += 1) {
      assert.equal((await customer.order(product.id, 1)).status, "confirmed");
    }
  });
  await Promise.all(placed);
  for (const [service, table] of old) {
    const key = ["payment", "reservation"].includes(table) ? "order_id" : "id";
    const left = () => shop.database(service).query(`select ${key} as id from ${table} where ${key} like 'old%'`);
    await eventually(`old rows of ${table} are gone`, async () => (await left()).length === 1 || undefined);
    assert.deepEqual(await left(), [{ id: "old1" }]);
  }
  assert.equal((await ann.finalOrder(before.id)).status, "confirmed");
});
