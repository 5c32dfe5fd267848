import assert from "node:assert/strict";
import type { Database } from "@flotilla/chassis/database";
import { subscriptionsOf } from "../../../chassis/src/topology/system.ts";
import { system } from "../system.ts";
import { eventually } from "../visitor.ts";
import type { RunningShop } from "./running-shop.ts";

/** Longer than the leases of a process that was killed, one after another. */
const PATIENCE = 90_000;

/** The services that publish events. */
export const publishers = ["orders", "inventory", "payments", "users", "products"];

/** Waits until nothing is under way: no saga, no event, no letter. */
export async function waitUntilSettled({ database }: RunningShop): Promise<void> {
  const underWay = async () => [
    ...(await rows(database("orders"), "select name, key, status, step from saga where ended_at is null")),
    ...(await Promise.all(publishers.map((service) => rows(database(service), UNSENT)))).flat(),
    ...(await unheard(database)),
    ...(await rows(database("email"), "select id, template, cause from mail where state = 'queued'")),
  ];
  await eventually("nothing is under way", async () => (await underWay()).length === 0 || undefined, PATIENCE).catch(
    async (error) => assert.fail(`${error.message}: ${JSON.stringify(await underWay())}`),
  );
}

/** Who consumes events of a type. */
export const consumersOf: ReadonlyMap<string, readonly string[]> = subscriptionsOf(system);

/** The services that consume events. */
export const consumers = [...new Set([...consumersOf.values()].flat())];

/** The events that left an outbox and that one who hears of them has neither handled nor parked. */
async function unheard(database: RunningShop["database"]): Promise<object[]> {
  const sent = await Promise.all(
    publishers.map((service) => rows<{ id: string; type: string }>(database(service), SENT)),
  );
  const known = new Map<string, Set<string>>();
  for (const consumer of consumers) {
    const inbox = await rows<{ id: string }>(database(consumer), "select message_id::text as id from inbox");
    known.set(consumer, new Set(inbox.map(({ id }) => id)));
  }
  return sent.flat().flatMap(({ id, type }) => {
    const missing = (consumersOf.get(type) ?? []).filter((consumer) => !known.get(consumer)?.has(id));
    return missing.map((consumer) => ({ id, type, consumer }));
  });
}

const SENT = "select message->>'id' as id, message->>'type' as type from outbox where sent_at is not null";
const UNSENT = "select current_database(), message, cause from outbox where sent_at is null";

type OrderRow = { id: string; status: string; total: number; items: { productId: string; quantity: number }[] };

/** The invariants I1 to I5 over every order of a settled shop, by its databases and the provider's ledger alone. */
export async function assertBooksAgree(shop: RunningShop): Promise<OrderRow[]> {
  const orders = await rows<OrderRow>(shop.database("orders"), "select id, status, total, items from orders");
  for (const { status, id } of orders) assert.notEqual(status, "pending", `order ${id} is not final`);
  const confirmed = orders.filter(({ status }) => status === "confirmed");
  await assertMoneyAgrees(shop.database("payments"), orders);
  await assertStockAgrees(shop.database("inventory"), confirmed);
  // Whoever cancels an order had it confirmed before.
  const everConfirmed = orders.filter(({ status }) => status === "confirmed" || status === "cancelled");
  await assertReceiptsAgree(shop.database("email"), everConfirmed);
  await assertEachStepDoneOnce(shop.database("orders"));
  await assertNothingParked(shop);
  return orders;
}

async function assertMoneyAgrees(payments: Database, orders: readonly OrderRow[]): Promise<void> {
  const ledger = await rows<{ id: string; net: number; captures: number }>(
    payments,
    "select order_id as id, net::bigint as net, captures from provider.net_per_order",
  );
  const kept = await rows<{ id: string; net: number }>(
    payments,
    "select order_id as id, case status when 'captured' then amount else 0 end as net from payment",
  );
  for (const { id, status, total } of orders) {
    const entry = ledger.find((each) => each.id === id);
    assert.ok((entry?.captures ?? 0) <= 1, `order ${id} was charged ${entry?.captures} times`);
    assert.equal(entry?.net ?? 0, status === "confirmed" ? total : 0, `the provider's net of ${status} order ${id}`);
    const payment = kept.find((each) => each.id === id);
    assert.equal(payment?.net ?? 0, entry?.net ?? 0, `our own record of what order ${id} was charged`);
  }
  const known = new Set(orders.map(({ id }) => id));
  assert.deepEqual(
    ledger.filter(({ id }) => !known.has(id)),
    [],
    "charges without an order",
  );
}

type StockRow = { id: string; reserved: number; sold: number; stocked: number };

async function assertStockAgrees(inventory: Database, confirmed: readonly OrderRow[]): Promise<void> {
  const unbalanced = await rows(
    inventory,
    `select s.product_id, s.available, s.reserved, s.sold, s.version, m.* from stock s left join (
       select product_id, sum(available) as a, sum(reserved) as r, sum(sold) as s, count(distinct version) as n
         from stock_movement group by product_id) m using (product_id)
      where (s.available, s.reserved, s.sold, s.version) is distinct from
        (coalesce(m.a, 0), coalesce(m.r, 0), coalesce(m.s, 0), coalesce(m.n, 0))`,
  );
  assert.deepEqual(unbalanced, [], "stock that is not the sum of its movements");
  const repeated = await rows(
    inventory,
    `select order_id, product_id, reason from stock_movement where order_id is not null
      group by order_id, product_id, reason having count(*) > 1`,
  );
  assert.deepEqual(repeated, [], "orders whose pieces were moved twice");
  const stocks = await rows<StockRow>(inventory, STOCKS);
  for (const { id, reserved, sold, stocked } of stocks) {
    const lines = confirmed.flatMap(({ items }) => items.filter(({ productId }) => productId === id));
    const ordered = lines.reduce((sum, { quantity }) => sum + quantity, 0);
    assert.deepEqual({ reserved, sold }, { reserved: 0, sold: ordered }, `what is kept and sold of product ${id}`);
    assert.equal(stocked, 0, `pieces of product ${id} that came or went without being stocked`);
  }
}

/** `stocked`: what there is beyond what somebody put there. */
const STOCKS = `
  select s.product_id as id, s.reserved, s.sold, s.available + s.reserved + s.sold - (
    select coalesce(sum(available), 0) from stock_movement m
     where m.product_id = s.product_id and reason in ('initial', 'set', 'restocked')) as stocked
    from stock s`;

async function assertReceiptsAgree(email: Database, confirmed: readonly OrderRow[]): Promise<void> {
  const receipts = await rows<{ id: string; count: number }>(
    email,
    `select m.facts ->> 'orderId' as id, count(b.id) as count from mail m left join mailbox b on b.message_id = m.id
      where m.template = 'receipt' group by 1 order by 1`,
  );
  const expected = confirmed.map(({ id }) => ({ id, count: 1 })).sort((a, b) => (a.id < b.id ? -1 : 1));
  assert.deepEqual(receipts, expected, "one receipt for each confirmed order");
}

async function assertEachStepDoneOnce(orders: Database): Promise<void> {
  const repeated = await rows(
    orders,
    `select saga_id, step, what, count(*) from saga_history where what in ('done', 'undone', 'recorded')
      group by saga_id, step, what having count(*) > 1`,
  );
  assert.deepEqual(repeated, [], "steps that were completed twice");
}

async function assertNothingParked({ database }: RunningShop): Promise<void> {
  assert.deepEqual(await rows(database("orders"), "select * from saga where status = 'parked'"), []);
  for (const service of [...publishers, "email", "notifications"])
    assert.deepEqual(await rows(database(service), "select * from dead_letter"), [], `${service}'s dead letters`);
}

const rows = <Row extends object = Record<string, unknown>>(database: Database, text: string): Promise<Row[]> =>
  database.query<Row>(text);
