import assert from "node:assert/strict";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileCleanup } from "../../../chassis/src/testing/file-cleanup.ts";
import type { RunFile } from "../../../chassis/src/topology/run-file.ts";
import { eventually } from "../fixtures/visitor.ts";
import { type CopiedShop, copyShop } from "./fixtures/copied-shop.ts";
import { finalOrder, orderOf, placeStubbornly } from "./fixtures/patient-customer.ts";
import { PATIENCE, type RunningShop, runShop, shopFolder } from "./fixtures/running-shop.ts";

/* The tests of this file change one shop that runs, each after the one before. */
let copy: CopiedShop;
let shop: RunningShop;
let dataFolder: string;

before(async () => {
  copy = await copyShop(fileCleanup);
  dataFolder = await shopFolder(fileCleanup);
  shop = await runShop(fileCleanup, { dataFolder, command: [process.execPath, copy.devFile, "--inspect", "email"] });
});

const said = (text: RegExp, from: number) =>
  eventually(`it says ${text}`, async () => text.exec(shop.output().slice(from)) ?? undefined, 2 * PATIENCE);

type Pids = Record<string, number | undefined>;
const pidsOf = ({ services }: RunFile): Pids =>
  Object.fromEntries(Object.entries(services).map(([name, [first]]) => [name, first?.pid]));
const changed = (now: Pids, past: Pids) => Object.keys(now).filter((name) => now[name] !== past[name]);

/** Makes a change; resolves with the services that run anew once those named do, and with what was said. */
async function restartedBy(change: () => Promise<void>, ...services: string[]): Promise<string[]> {
  const past = pidsOf(await shop.where());
  const from = shop.output().length;
  await change();
  for (const service of services) await said(new RegExp(`${service} is ready again after`), from);
  const others = async () => changed(pidsOf(await shop.where()), past).toSorted();
  await eventually(
    `${services} run anew`,
    async () => (await others()).length >= services.length || undefined,
    PATIENCE,
  );
  return others();
}

const addComment = (file: string) => () => copy.edit(file, (text) => `${text}// saved\n`);
const database = async () =>
  Number.parseInt(await readFile(join(dataFolder, "postgres/cluster/postmaster.pid"), "utf8"), 10);

test("a saved file restarts the service that imports it and no other, and the database runs on", async () => {
  const server = await database();
  assert.deepEqual(await restartedBy(addComment("shop/orders/src/place-order.ts"), "orders"), ["orders"]);
  assert.deepEqual(await restartedBy(addComment("shop/payments/src/provider/provider-ledger-store.ts"), "payments"), [
    "payments",
  ]);
  assert.equal(await database(), server);
});

test("a file of a contract restarts all that import it", async () => {
  const concerned = ["gateway", "notifications"];
  assert.deepEqual(await restartedBy(addComment("shop/contracts/notifications.ts"), ...concerned), concerned);
});

test("a new migration restarts its service, an editor may save by renaming, and a test's file restarts none", async () => {
  const migration = () =>
    writeFile(copy.path("shop/products/migrations/0009_note.sql"), "create table note (id integer primary key)");
  assert.deepEqual(await restartedBy(migration, "products"), ["products"]);
  assert.deepEqual(await shop.database("products").query("select id from note"), []);
  await addComment("shop/orders/src/order.test.ts")();
  const renamed = async () => {
    const path = copy.path("shop/users/src/account.ts");
    await writeFile(`${path}~`, `${await copy.read("shop/users/src/account.ts")}// saved\n`);
    await rename(`${path}~`, path);
  };
  assert.deepEqual(await restartedBy(renamed, "users"), ["users"]);
});

const mistakes: [what: string, file: string, text: string, told: RegExp][] = [
  [
    "a type error",
    "shop/orders/src/place-order.ts",
    'export const wrong: number = "text";',
    /place-order\.ts\(\d+,14\): error TS2322/,
  ],
  [
    "a syntax error",
    "shop/orders/src/place-order.ts",
    "export const = ;",
    /SyntaxError|place-order\.ts\(\d+,14\): error TS1134/,
  ],
  [
    "a failure at the start",
    "shop/orders/src/place-order.ts",
    'throw new Error("not like this");',
    /Error: not like this/,
  ],
  [
    "an edited migration",
    "shop/orders/migrations/0001_orders.sql",
    "-- edited",
    /0001_orders\.sql was changed .* put it back as it was/,
  ],
];
for (const [what, file, text, told] of mistakes)
  test(`${what} is told, and the old process stays until it is mended`, async () => {
    const past = pidsOf(await shop.where());
    const original = await copy.read(file);
    const from = shop.output().length;
    await copy.edit(file, (before) => `${before}\n${text}\n`);
    await said(told, from);
    await said(/orders stays as it was until that is mended/, from);
    assert.deepEqual(pidsOf(await shop.where()), past);
    assert.equal((await shop.visitor().ask("GET", "/api/health")).status, 200);
    assert.deepEqual(
      await restartedBy(
        () => copy.edit(file, () => `${original}\n`).then(() => copy.edit(file, () => original)),
        "orders",
      ),
      ["orders"],
    );
  });

test("orders that are under way while files are saved, good and bad ones, all end, once and paid", async () => {
  const admin = await shop.admin();
  const { id } = await admin.addProduct({ name: "Drawing board", price: 4_200 }, 100_000);
  const customer = await shop.visitor().register("Dev", "dev@mail.example");
  let more = true;
  const placing = Array.from({ length: 4 }, async (_, lane) => {
    const ids: string[] = [];
    while (more) {
      const { id: order } = await placeStubbornly(customer, orderOf(id, 1), `lane-${lane}-${ids.length}`);
      ids.push(order);
      await finalOrder(customer, order);
    }
    return ids;
  });
  const files = [
    "orders/src/place-order.ts",
    "inventory/src/stock/stock.ts",
    "payments/src/payment.ts",
    "email/src/mail.ts",
  ];
  for (const file of files) {
    const name = file.split("/")[0] as string;
    const path = `shop/${file}`;
    const original = await copy.read(path);
    const from = shop.output().length;
    await copy.edit(path, (text) => `${text}\nexport const = broken;\n`);
    await said(new RegExp(`${name} stays as it was`), from);
    await restartedBy(() => copy.edit(path, () => `${original}// mended\n`), name);
  }
  more = false;
  const ids = (await Promise.all(placing)).flat();
  assert.ok(ids.length >= 8, String(ids.length));
  for (const order of ids) assert.equal((await finalOrder(customer, order)).status, "confirmed");
  const paid = await shop.database("payments").query<{ count: number }>("select count(*)::int as count from payment");
  assert.equal(paid[0]?.count, ids.length);
  const letters = await shop.database("orders").query("select id from dead_letter");
  assert.deepEqual(letters, []);
});

test("a request is one line, and the JSON is in the logs", async () => {
  const from = shop.output().length;
  await shop.visitor().ask("GET", "/api/products?limit=1");
  const [line] = await said(/^.*GET \/api\/products 200.*$/m, from);
  assert.match(line, /^\d\d:\d\d:\d\d\.\d{3} gateway {7}GET \/api\/products 200 [\d.]+ ms$/);
  assert.doesNotMatch(shop.output().slice(from), /^.*products {6}GET/m);
  assert.match(await readFile(join(dataFolder, "logs/products-1.log"), "utf8"), /"route":"\/products","status":200/);
});

test("a debugger can attach to the service that was named, also after it was restarted", async () => {
  const targets = async () => {
    const answer = await fetch("http://127.0.0.1:9229/json/list").catch(() => undefined);
    return answer && ((await answer.json()) as { title: string }[])[0]?.title;
  };
  const attached = () => eventually("a debugger can attach", targets, PATIENCE);
  assert.match(await attached(), /run-service\.ts/);
  await restartedBy(addComment("shop/email/src/mail.ts"), "email");
  assert.match(await attached(), /run-service\.ts/);
});
