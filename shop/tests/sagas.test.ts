import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { eventually, fileCleanup } from "@flotilla/chassis/testing";
import { type Shop, startShop } from "./fixtures/shop.ts";

let shop: Shop;
let dataFolder: string;

before(async () => {
  shop = await startShop(fileCleanup);
  dataFolder = await mkdtemp(join(tmpdir(), "flotilla-sagas-"));
  fileCleanup.after(() => rm(dataFolder, { recursive: true }));
  const services = Object.fromEntries(
    ["orders", "inventory", "payments", "gateway"].map((name) => [name, [{ pid: process.pid, url: shop.url(name) }]]),
  );
  const account = { email: "admin@shop.example", password: "correct horse battery" };
  await writeFile(
    join(dataFolder, "run.json"),
    JSON.stringify({ gateway: shop.url("gateway"), console: null, services }),
  );
  await writeFile(join(dataFolder, "admin.json"), JSON.stringify(account));
});

/** `npm run sagas -- …` */
function sagas(...args: string[]): Promise<{ code: number; output: string }> {
  const program = fileURLToPath(new URL("../commands/operate/sagas.ts", import.meta.url));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      { env: { ...process.env, DATA_DIR: dataFolder } },
      (error, out, err) => resolve({ code: error ? 1 : 0, output: out + err }),
    );
  });
}

test("an order's saga is listed, shown with its history and without its card, and nothing of it would break", async () => {
  const product = await shop.admin.addProduct({ name: "Anchor", price: 100 }, 10);
  const order = await (await shop.customer()).order(product.id, 1, "pm_card_declined");
  const { output: list } = await sagas("list", "--status", "failed");
  const [, id = ""] = /([0-9a-f-]{36}) {2}failed/.exec(list) ?? [];
  const { output: shown } = await sagas("show", id);
  assert.match(shown, new RegExp(`fulfil order v1 of orders: failed because of payment_declined[\\s\\S]*${order.id}`));
  assert.match(shown, /reserve stock {2}done[\s\S]*charge payment {2}refused[\s\S]*reserve stock {2}undone/);
  assert.match(shown, /with \{[^\n]*"method":"\[redacted\]"[^\n]*\n[^\n]*reserve stock {2}done/);
  assert(!shown.includes("pm_card"));
  const check = await sagas("check");
  assert.match(check.output, /orders: 0 unfinished, 0 would break\ninventory: \d+ unfinished, 0 would break/);
  assert.equal(check.code, 0);
});

test("a parked saga is tried again by an administrator, with a reason", async () => {
  const product = await shop.admin.addProduct({ name: "Bell", price: 100 }, 10);
  const ann = await shop.customer();
  const order = await ann.order(product.id, 1);
  await shop.database("payments").query("alter table payment rename to payment_away");
  await ann.ask("POST", `/api/orders/${order.id}/cancel`);
  const orders = shop.database("orders");
  await eventually(async () => {
    const rows = await orders.query("select 1 from saga where name = 'cancel order' and attempts > 0");
    return rows.length > 0;
  });
  await orders.query(
    "update saga set status = 'parked', parked_from = 'running', owner = null, due_at = null, fence = fence + 1 where name = 'cancel order'",
  );
  await shop.database("payments").query("alter table payment_away rename to payment");
  const [row] = await orders.query<{ id: string }>("select id from saga where name = 'cancel order'");
  const id = row?.id ?? "";
  assert.match((await sagas("show", id)).output, /waits for {2}a person/);
  assert.match((await sagas("retry", id)).output, /--reason is required/);
  assert.match((await sagas("retry", id, "--reason", "the table is back")).output, /retried[^\n]*the table is back/);
  await eventually(async () => (await ann.ask("GET", `/api/orders/${order.id}`)).body.status === "cancelled");
});

test("nobody but administrators operates sagas, and not through the gateway", async () => {
  const url = `${shop.url("orders")}/operations/sagas`;
  const ann = await shop.customer();
  assert.equal((await ann.ask("GET", url)).status, 403);
  assert.equal((await shop.visitor().ask("GET", url)).status, 401);
  assert.equal((await shop.admin.ask("GET", url)).status, 200);
  assert.equal((await shop.admin.ask("GET", "/api/operations/sagas")).status, 404);
  assert.equal((await shop.admin.ask("POST", `${url}/x/retry`, { body: {} })).status, 400);
});
