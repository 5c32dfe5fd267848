import assert from "node:assert/strict";
import { before, type TestContext, test } from "node:test";
import type { Database } from "@flotilla/chassis/database";
import { fileCleanup } from "@flotilla/chassis/testing";
import type { Product } from "@flotilla/contracts/products";
import { eventually, type Visitor } from "../../fixtures/visitor.ts";
import { deadLetters } from "../dead-letters-command.ts";
import { assertBooksAgree, waitUntilSettled } from "../fixtures/books.ts";
import { finalOrder, orderOf, placeStubbornly } from "../fixtures/patient-customer.ts";
import { type RunningShop, runShop, shopFolder } from "../fixtures/running-shop.ts";
import { assertSeenInOrder, numberInboxes } from "../fixtures/seen-order.ts";
import { sumOf } from "../fixtures/shown-metrics.ts";
import { somebodyWaits, whileLocked } from "./held-lock.ts";
import { REPEATS, sendThrice } from "./repeated-sending.ts";

/* F-20, F-11 and F-12 of the guarantees, over real processes of which some have a replica. */
let dataFolder: string;
let shop: RunningShop;
let admin: Visitor;

before(async () => {
  dataFolder = await shopFolder(fileCleanup);
  shop = await runShop(fileCleanup, { dataFolder, environment: { REPLICAS: "products=2,notifications=2" } });
  admin = await shop.admin();
  await numberInboxes(shop);
});

const register = (name: string) => shop.visitor().register(name, `${name.toLowerCase()}@mail.example`);

const HOLD_BACK = `
  create function hold_back() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(20); return null; end $$;
  create trigger hold_back after insert on outbox for each row
    when (new.message -> 'body' ->> 'name' = 'Slow') execute function hold_back()`;

/** Resolves with the numbers of these accounts' events in the outbox, in the order in which email took them. */
const numbersTaken = (...visitors: Visitor[]) =>
  eventually("the events have been taken", async () => {
    const keys = visitors.map(({ user }) => user.id);
    const events = await shop
      .database("users")
      .query<{ seq: number; id: string }>("select seq, message ->> 'id' as id from outbox where key = any ($1)", [
        keys,
      ]);
    const taken = await shop
      .database("email")
      .query<{ id: string }>("select message_id as id from inbox where message_id = any ($1) order by place", [
        events.map(({ id }) => id),
      ]);
    const seqs = taken.map(({ id }) => events.find((event) => event.id === id)?.seq ?? 0);
    return seqs.length === visitors.length ? seqs : undefined;
  });

test("an event arrives whose transaction took its number first and committed last, and so does the one that overtook it (F-20)", async () => {
  const users = shop.database("users");
  await users.query(HOLD_BACK);
  const [slow, fast] = await whileLocked(users, "select pg_advisory_xact_lock(20)", async () => {
    const registering = register("Slow");
    await somebodyWaits(users, "outbox");
    const fast = await register("Fast");
    await numbersTaken(fast);
    return [registering, fast] as const;
  });
  await users.query("drop trigger hold_back on outbox");
  const [first = 0, second = 0, ...more] = await numbersTaken(await slow, fast);
  assert.ok(first > second && more.length === 0, `${first} was taken before ${second}`);
});

/** The ids of the messages that the embedded broker holds. RabbitMQ takes a repeat of what it holds as well. */
async function queued(): Promise<string[]> {
  if (process.env["TEST_BROKER"] === "rabbitmq") return [];
  const rows = await shop.database("broker").query<{ id: string }>("select message_id as id from delivery");
  return rows.map(({ id }) => id);
}

const countOf = async (database: Database, table: string): Promise<number> =>
  (await database.query<{ n: number }>(`select count(*)::int as n from ${table}`))[0]?.n ?? 0;

test("every event sent three times, 30 % of the repeats late, has one effect, in its order (F-11)", async (t) => {
  const product = await admin.addProduct({ name: "Anchor", price: 4_950 }, 1_000);
  const ann = await register("Ann");
  const sending = await sendThrice(shop, queued);
  const methods = ["pm_card_visa", "pm_card_visa", "pm_card_declined"];
  const orders = Array.from({ length: 24 }, async (_, index) => {
    const { id } = await placeStubbornly(ann, orderOf(product.id, 1, methods[index % 3]), `thrice-${index}`);
    return finalOrder(ann, id);
  });
  const ended = await Promise.all(orders);
  assert.equal(ended.filter(({ status }) => status === "confirmed").length, 16);
  await sending.finish();
  await assertBooksAgree(shop);
  await assertSeenInOrder(shop);
  // Nothing but the inbox keeps a customer from being told twice.
  const heard = await countOf(shop.database("notifications"), "inbox");
  assert.equal(await countOf(shop.database("notifications"), "notification"), heard);
  const repeated = await sumOf(shop, "notifications", "messages_repeated_total");
  t.diagnostic(`notifications took ${heard} messages, and ${repeated} repeats of them`);
  // RabbitMQ's readers know the latest repeats without asking the inbox.
  if (process.env["TEST_BROKER"] !== "rabbitmq") assert.ok(repeated >= REPEATS * heard, `${repeated} repeats came`);
});

const POISONED = 4;
const IN_A_HUNDRED = 100;

const REFUSE = `
  create function refuse() returns trigger language plpgsql as $$ begin raise exception 'can''t swallow %', new.name; end $$;
  create trigger refuse before update of stock_version on product for each row
    when (starts_with(new.name, 'Poison')) execute function refuse()`;

const addProducts = (name: string, count: number): Promise<Product[]> =>
  Promise.all(
    Array.from({ length: count }, (_, index) => admin.addProduct({ name: `${name} ${index}`, price: 100 }, 10)),
  );

/** Restocks products, two at a time, of the first hundreds once each a poisoned one. Who has too much to do is asked again. */
async function restocking(healthy: Product[], poisoned: Product[]) {
  const url = (await shop.where()).services["inventory"]?.[0]?.url ?? "";
  let [sent, stopped] = [0, false];
  async function restock({ id }: Product): Promise<true | undefined> {
    const { status, body } = await admin.ask("POST", `${url}/inventory/${id}/restock`, { body: { quantity: 1 } });
    assert.ok([200, 503].includes(status), JSON.stringify(body));
    return status === 200 || undefined;
  }
  async function goOn(): Promise<void> {
    while (!stopped) {
      const number = sent++;
      const poison = number % IN_A_HUNDRED === 20 ? poisoned[Math.floor(number / IN_A_HUNDRED)] : undefined;
      const product = poison ?? (healthy[number % healthy.length] as Product);
      await eventually("a restock", () => restock(product));
    }
  }
  const going = Promise.all([goOn(), goOn()]);
  // Thrown when it is stopped.
  going.catch(() => {});
  return {
    sent: () => sent,
    async stop(): Promise<void> {
      stopped = true;
      await going;
    },
  };
}

/** Says how long events took from their commit to their effect since then: the server's clock, and no limit, since machines differ. */
async function tellTimes(t: TestContext, what: string, since: Date, but: Product[]): Promise<void> {
  const published = await shop
    .database("inventory")
    .query<{ id: string; at: Date }>(
      "select message ->> 'id' as id, created_at as at from outbox where created_at >= $1 and key <> all ($2)",
      [since, but.map(({ id }) => id)],
    );
  const taken = await shop
    .database("products")
    .query<{ id: string; at: Date }>("select message_id as id, handled_at as at from inbox");
  const handledAt = new Map(taken.map(({ id, at }) => [id, at.getTime()]));
  const times = published.map(({ id, at }) => Number(handledAt.get(id)) - at.getTime()).sort((a, b) => a - b);
  const share = (part: number) => times[Math.floor(times.length * part)];
  t.diagnostic(`${times.length} events ${what}: p50 ${share(0.5)} ms, p99 ${share(0.99)} ms`);
}

const stockOf = (service: string, table: string, columns: string) =>
  shop.database(service).query(`select ${columns} from ${table} order by 1`);

test("poison among a hundred events is parked with its cause after five attempts, takes nobody with it, and is redriven (F-12)", async (t) => {
  const [healthy, poisoned] = [await addProducts("Lantern", 20), await addProducts("Poison", POISONED)];
  await waitUntilSettled(shop);
  const products = shop.database("products");
  const now = async () => (await products.query<{ now: Date }>("select now()"))[0]?.now ?? new Date();
  const before = await now();
  const warm = await restocking(healthy, []);
  await eventually("two hundred events", async () => warm.sent() >= 2 * IN_A_HUNDRED || undefined);
  await warm.stop();
  await waitUntilSettled(shop);
  await tellTimes(t, "without poison", before, []);

  await products.query(REFUSE);
  const since = await now();
  const poisoning = await restocking(healthy, poisoned);
  const parked = () => countOf(products, "dead_letter");
  await eventually("all poison is parked", async () => (await parked()) === POISONED || undefined, 60_000);
  await eventually("as many others", async () => poisoning.sent() >= POISONED * IN_A_HUNDRED || undefined);
  await poisoning.stop();
  await waitUntilSettled(shop);
  await tellTimes(t, "beside poison", since, poisoned);

  const letters = await products.query<{ id: string; cause: string; attempts: number }>("select * from dead_letter");
  for (const { cause, attempts } of letters) {
    // Not what the database said, which may quote a row.
    assert.match(cause, /the database refused a value \(P0001/);
    assert.equal(attempts, 5);
  }
  // What shared a transaction with poison has failed not even once.
  assert.equal(await sumOf(shop, "products", "messages_failed_total"), 4 * POISONED);
  await assertSeenInOrder(shop);

  await products.query("drop trigger refuse on product");
  const [given] = letters;
  assert.match(
    await deadLetters(dataFolder, "discard", "products", given?.id ?? "", "--reason", "counted anew"),
    /^1 discarded/,
  );
  const redriven = ["--type", "stock.changed", "--rate", "100", "--reason", "it swallows now"];
  assert.match(await deadLetters(dataFolder, "redrive", "products", ...redriven), /^3 will be handled again/);
  await eventually("they are redriven", async () => {
    const states = await products.query<{ state: string }>("select state from dead_letter order by state");
    return states.map(({ state }) => state).join() === "discarded,redriven,redriven,redriven" || undefined;
  });
  const [inventory, catalogue] = [
    await stockOf("inventory", "stock", "product_id, version::int"),
    await stockOf("products", "product", "id as product_id, stock_version::int as version"),
  ];
  const behind = inventory.filter(({ version }, index) => catalogue[index]?.["version"] !== version);
  assert.equal(behind.length, 1, "only what was discarded is not known");
});
