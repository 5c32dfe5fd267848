import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { eventually } from "../../tests/fixtures/visitor.ts";
import { runShop, shopFolder } from "../../tests/processes/fixtures/running-shop.ts";

test("what the start prints places an order, as it is, from a fresh shell; the pages that it names are there", async (t) => {
  const shop = await runShop(t, { dataFolder: await shopFolder(t) });
  const text = await eventually("it is ready", async () => /^.*Ready after/s.exec(shop.output())?.[0]);
  const [, printed = ""] = /Place an order[^\n]*:\n(.*?)\n\n/s.exec(text) ?? [];
  await eventually("there is stock", async () => {
    const { body } = await shop.visitor().ask("GET", "/api/products?limit=100");
    return (body as { items: { available: number }[] }).items.some(({ available }) => available > 0) || undefined;
  });
  const answer = execFileSync("/bin/sh", ["-c", printed], { encoding: "utf8", env: { PATH: "/usr/bin:/bin" } });
  assert.equal(JSON.parse(answer).status, "confirmed", answer);
  const [, ...pages] = /Shop +(\S+)\n +Interface +(\S+) .*?(http\S+)\)/.exec(text) ?? [];
  assert.equal(pages.length, 3);
  for (const page of pages) {
    const { status, headers } = await fetch(page);
    assert.deepEqual([status, headers.get("content-type")], [200, "text/html; charset=utf-8"], page);
  }
});
