import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { Event } from "@flotilla/chassis/contract";
import { fileCleanup } from "@flotilla/chassis/testing";
import { hasPersonal } from "../../chassis/src/contract/personal.ts";
import { consumedEvent } from "../../chassis/src/service/host/assemble-subscriptions.ts";
import { isGateway } from "../../chassis/src/topology/system/system.ts";
import { type Shop, startShop } from "./fixtures/shop.ts";
import { system } from "./fixtures/system.ts";
import { eventually } from "./fixtures/visitor.ts";
import { mailOf } from "./fixtures/witnesses.ts";

const servicesOfShop = system.definitions.flatMap((each) => (isGateway(each) ? [] : [each]));
const NAME = "Quirina Zwetschgenbaum";
const EMAILS = ["quirina@first.example", "quirina@second.example"];
const telling = [NAME, "Zwetschgenbaum", ...EMAILS].map((text) => text.toLowerCase());

/** Where in the databases of all services a text is, as `service.table: row`. */
async function placesOf(shop: Shop, texts: readonly string[]): Promise<string[]> {
  const places: string[] = [];
  for (const service of ["users", "products", "inventory", "orders", "payments", "email", "notifications"]) {
    const database = shop.database(service);
    const tables = await database.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
        where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    for (const { name } of tables) {
      const rows = await database.query<{ row: string }>(`select each::text as row from ${name} as each`);
      for (const { row } of rows) {
        // What could not be stored as it came is there in base64.
        const inside = row.replace(/base64:([\w+/=]+)/g, (_, code: string) => Buffer.from(code, "base64").toString());
        if (texts.some((text) => inside.toLowerCase().includes(text))) places.push(`${service}.${name}: ${row}`);
      }
    }
  }
  return places;
}

/** Dead letters as a consumer leaves them: one that quotes, one of a type that nothing is known of, one that could not be stored as it came. */
async function plantDeadLetters(shop: Shop, userId: string): Promise<void> {
  const message = (type: string, body: object) => ({
    ...{ id: randomUUID(), type, version: 1, key: userId, source: "users", time: new Date().toISOString(), body },
    ...{ requestId: randomUUID(), traceparent: "" },
  });
  const created = message("user.created", {
    userId,
    name: NAME,
    email: EMAILS[0],
    createdAt: new Date().toISOString(),
  });
  const unknown = message("user.celebrated", { userId, words: `Dear ${NAME}` });
  const strange = {
    ...created,
    id: randomUUID(),
    body: `base64:${Buffer.from(JSON.stringify(created)).toString("base64")}`,
  };
  for (const letter of [created, unknown, strange]) {
    await shop.database("email").query(
      `insert into dead_letter (id, consumer, message_id, type, message, cause, stack, attempts, trace_id, history)
       values ($1, 'email', $2, $3, $4, $5, $5, 1, '', array[$6::jsonb])`,
      [
        ...[randomUUID(), letter.id, letter.type, JSON.stringify(letter), `no mail for ${NAME} at ${EMAILS[0]}`],
        JSON.stringify({
          what: "edited",
          by: "root",
          reason: `${NAME} asked`,
          beforeJson: JSON.stringify(letter.body),
        }),
      ],
    );
  }
}

test("a person who deletes the account is nowhere any more, and the books are complete", async () => {
  const lines: string[] = [];
  const shop = await startShop(fileCleanup, { log: { write: (line) => void lines.push(line) } });
  const product = await shop.admin.addProduct({ name: "Sextant", price: 7_000 }, 10);
  const person = await shop.visitor().register(NAME, EMAILS[0] as string);
  const bob = await shop.customer("Bob");
  const [confirmed, cancelled, rejected] = [
    await person.order(product.id, 1),
    await person.order(product.id, 2),
    await person.order(product.id, 1, "pm_card_declined"),
  ];
  const ofBob = await bob.order(product.id, 1);
  await shop.admin.ask("POST", `/api/orders/${cancelled.id}/cancel`, { headers: { "idempotency-key": "k" } });
  await eventually("the order is cancelled", async () => {
    const { body } = await person.ask("GET", `/api/orders/${cancelled.id}`);
    return body.status === "cancelled" || undefined;
  });
  const { id } = person.user;
  await mailOf(shop, EMAILS[0] as string, 5);
  const change = { email: EMAILS[1], currentPassword: "a good password" };
  assert.equal((await person.ask("PUT", `/api/users/${id}`, { body: change })).status, 200);
  await shop.visitor().ask("POST", "/api/auth/password-reset", { body: { email: EMAILS[1] } });
  await mailOf(shop, EMAILS[1] as string, 1);
  await shop.admin.ask("GET", `/api/mailbox?to=${EMAILS[1]}`);
  await plantDeadLetters(shop, id);
  const before = new Set((await placesOf(shop, telling)).map((place) => place.split(":")[0]));
  for (const place of ["users.public.account", "users.public.outbox", "orders.public.orders", "orders.public.outbox"])
    assert.ok(before.has(place), `${place} is searched`);
  for (const place of [
    "orders.public.idempotency",
    "email.public.mail",
    "email.public.mailbox",
    "email.public.dead_letter",
  ])
    assert.ok(before.has(place), `${place} is searched`);

  const again = await shop.visitor().signIn({ email: EMAILS[1] as string, password: "a good password" });
  assert.equal((await again.ask("DELETE", `/api/users/${id}`)).status, 204);
  let left: string[] = [];
  await eventually("nothing tells of the person", async () => {
    left = await placesOf(shop, telling);
    return left.length === 0 || undefined;
  }).catch((error) => {
    throw new Error(left.join("\n"), { cause: error });
  });
  assert.deepEqual(
    lines.filter((line) => telling.some((text) => line.toLowerCase().includes(text))),
    [],
  );

  const seen = async (order: { id: string }) => (await shop.admin.ask("GET", `/api/orders/${order.id}`)).body;
  for (const order of [confirmed, rejected]) {
    const { userName, userId, total, status, items } = await seen(order);
    assert.deepEqual(
      [userName, userId, total, status, items],
      ["[erased]", id, order.total, order.status, order.items],
    );
  }
  const payment = await shop.admin.ask("GET", `/api/payments/${confirmed.id}`);
  assert.deepEqual(payment.body.captured, confirmed.total);
  assert.equal((await seen(ofBob)).userName, "Bob");
  assert.ok((await placesOf(shop, ["bob-1@mail.example"])).length > 3, "others are as they were");
});

test("every service that hears or tells who somebody is hears or tells when they go, and knows of whom each event tells", () => {
  for (const { contract, consumes } of servicesOfShop) {
    const events: Event[] = [...(Object.values(contract.events) as Event[]), ...consumes.map(consumedEvent)];
    const personal = events.filter(({ body }) => hasPersonal(body));
    if (personal.length === 0) continue;
    assert.ok(
      events.some(({ type }) => type === "user.deleted"),
      contract.service,
    );
    for (const { type, body } of personal) assert.ok("userId" in body.properties, type);
  }
});
