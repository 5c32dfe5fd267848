import assert from "node:assert/strict";
import { cpSync, globSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startInProcess } from "@flotilla/chassis/testing";
import { temporaryFolder } from "../../chassis/src/testing/temporary-folder.ts";
import { readSystem } from "../../chassis/src/topology/system/read-system.ts";
import type { Topology } from "../../chassis/src/topology/topology.ts";
import { eventually } from "./fixtures/visitor.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A service with one call, one event that it consumes, one that it publishes, and a call that it makes: its files. */
const files: Record<string, string> = {
  "service.ts": `import { call, contract, event, Fields, Id, Text } from "@flotilla/chassis/contract";
import { on } from "@flotilla/chassis/messaging";
import { defineService, newId } from "@flotilla/chassis/service";
import { getProduct, productCreated } from "@flotilla/contracts/products";

const Thanks = Fields({ id: Id, product: Text(200) });
const thanked = event("planted_thanks.given", { key: "id", body: Thanks });
const giveThanks = call("POST /planted-thanks", { access: "public", body: Fields({ productId: Id }), replies: { 201: Thanks } });

export const service = defineService(contract("planted_thanks", { calls: { giveThanks }, events: { thanked } }), {
  calls: { products: { getProduct } },
  consumes: [on(productCreated, async ({ productId }, tx) => void (await tx.query("insert into seen (id) values ($1)", [productId])))],
  wire: ({ database, publish, clients }) => ({
    async giveThanks({ body }) {
      const { name: product } = (await clients.products.getProduct({ params: { id: body.productId } })) ?? { name: "" };
      return database.transaction(async (tx) => {
        const thanks = { id: newId(), product };
        await publish(tx, thanked, thanks);
        return thanks;
      });
    },
  }),
});
`,
  "migrations/0001_seen.sql": "create table seen (id text primary key);\n",
};

const linesOf = (text: string): number => text.split("\n").filter((line) => line.trim() !== "").length;

test("a service with a call, an event in and an event out is two files, forty lines, and one edited line besides", async (t) => {
  const copy = await temporaryFolder(t);
  cpSync(join(root, "shop"), join(copy, "shop"), {
    recursive: true,
    filter: (path) => !path.includes("node_modules") && !path.includes("shop/tests"),
  });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  writeFileSync(join(copy, "package.json"), readFileSync(join(root, "package.json")));
  for (const [path, text] of Object.entries(files)) {
    const file = join(copy, "shop/planted_thanks", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const list = join(copy, "shop/topology.ts");
  writeFileSync(list, readFileSync(list, "utf8").replace('"payments"', '"payments", "planted_thanks"'));

  const original = globSync("shop/**/*", { cwd: copy }).filter((path) => statSync(join(copy, path)).isFile());
  const edited = original.filter((path) => !path.startsWith("shop/planted_thanks/") && isEdited(copy, path));
  assert.deepEqual(edited, ["shop/topology.ts"]);
  assert.ok(Object.keys(files).length <= 2);
  const lines = Object.values(files).reduce((sum, text) => sum + linesOf(text), 0);
  assert.ok(lines <= 40, `${lines} lines`);
  t.diagnostic(`${Object.keys(files).length} files, ${lines} lines, 1 edited line outside of the folder`);

  const { shop } = (await import(pathToFileURL(list).href)) as { shop: Topology };
  const { definitions } = await readSystem(shop);
  const running = await startInProcess(
    t,
    definitions.map((service) => ({ service })),
  );
  const { items } = (await (await fetch(`${running.url("gateway")}/api/products?limit=1`)).json()) as {
    items: { id: string; name: string }[];
  };
  const answer = await fetch(`${running.url("gateway")}/api/planted-thanks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ productId: items[0]?.id }),
  });
  assert.equal(answer.status, 201);
  assert.equal(((await answer.json()) as { product: string }).product, items[0]?.name);
  const database = running.database("planted_thanks");
  await eventually("its event has left", async () => {
    const [row] = await database.query<{ sent: number }>(
      "select count(*)::int as sent from outbox where sent_at is not null",
    );
    return row?.sent === 1 || undefined;
  });
  await eventually("it has seen the catalogue", async () => {
    const [row] = await database.query<{ seen: number }>("select count(*)::int as seen from seen");
    return (row?.seen ?? 0) >= 20 || undefined;
  });
});

const isEdited = (copy: string, path: string): boolean =>
  !readFileSync(join(copy, path)).equals(readFileSync(join(root, path)));
