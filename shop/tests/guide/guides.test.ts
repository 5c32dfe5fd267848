import assert from "node:assert/strict";
import { existsSync, globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { notFound } from "@flotilla/chassis/failure";
import { serviceUnderTest } from "@flotilla/chassis/testing";
import { productDeleted } from "@flotilla/contracts/products";
import { wishMade } from "./wishes/contract.ts";
import { service } from "./wishes/service.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const guides = ["write-a-service", "events", "from-the-textbook"].map((name) => `docs/guide/${name}.md`);

const blocks = (text: string, language: string): string[] =>
  Array.from(text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g")), ([, block = ""]) => block);

for (const guide of guides) {
  test(`the code of ${guide} is the code that is tested here`, async () => {
    const text = await readFile(root + guide, "utf8");
    const files = globSync("shop/tests/guide/wishes/*.ts", { cwd: root });
    const code = (await Promise.all(files.map((file) => readFile(root + file, "utf8")))).join("\n");
    const quoted = blocks(text, "ts");
    assert.ok(quoted.length > 0);
    for (const block of quoted) assert.ok(code.includes(block), `not in shop/tests/guide/wishes:\n${block}`);
  });
}

test("every test that a guide names is there", async () => {
  const text = await readFile(`${root}docs/guide/from-the-textbook.md`, "utf8");
  const named = blocks(text, "sh").flatMap((block) => block.match(/\S+\.test\.ts/g) ?? []);
  assert.ok(named.length >= 12);
  for (const name of named.map((quoted) => quoted.replaceAll("'", ""))) {
    assert.ok(existsSync(root + name) || globSync(name, { cwd: root }).length > 0, `${name} is not there`);
  }
});

const rocket = { id: "rocket", name: "Rocket", price: { amount: 100, currency: "EUR" as const } };
const summariseProducts = async ({ query }: { query: { ids: string } }) => ({
  items: query.ids === rocket.id ? [rocket] : [],
});

test("a wish is kept and told, for one's own eyes, and goes with its product", async (t) => {
  const under = await serviceUnderTest(t, service, { neighbours: { products: { summariseProducts } } });
  const [ann, bob] = [under.customer("ann"), under.customer("bob")];
  await assert.rejects(ann.wishFor({ body: { productId: "none" } }), notFound.is);
  const wish = await ann.wishFor({ body: { productId: rocket.id } });
  assert.deepEqual([wish.userId, wish.productName], ["ann", "Rocket"]);
  assert.deepEqual(await under.published(wishMade), [wish]);
  assert.deepEqual((await ann.listWishes()).items, [wish]);
  assert.deepEqual((await bob.listWishes()).items, []);
  assert.equal(await under.publish(productDeleted, { productId: rocket.id, version: 2 }), "handled");
  assert.deepEqual((await ann.listWishes()).items, []);
});
