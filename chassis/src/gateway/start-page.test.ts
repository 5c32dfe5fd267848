import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { gatewayTo } from "./gateway.fixture.ts";
import { startPage } from "./start-page.ts";

const policy = /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/;

test("the address of a gateway, and of its interface, say where that is described, and every link leads there", async (t) => {
  const { url } = await gatewayTo(t, []);
  for (const path of ["/", "/api"]) {
    const answer = await fetch(url + path);
    assert.deepEqual([answer.status, answer.headers.get("content-type")], [200, "text/html; charset=utf-8"]);
    assert.match(answer.headers.get("content-security-policy") ?? "", policy);
    const page = await answer.text();
    const links = Array.from(page.matchAll(/href="(\/[^"]+)"/g), ([, link = ""]) => link);
    assert.deepEqual(links.toSorted().slice(0, 3), ["/api/asyncapi.json", "/api/docs", "/api/docs/page.css"]);
    for (const link of links) assert.notEqual((await fetch(url + link)).status, 404, link);
  }
});

test("a title is text, whatever it holds", () => {
  assert.match(startPage({ title: "<i>A & B</i>", prefix: "/api" }), /<h1>&lt;i&gt;A &amp; B&lt;\/i&gt;<\/h1>/);
});

test("a site has the address for itself, with the same policy", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, "index.html"), "<h1>Books</h1>");
  await writeFile(join(folder, "books.js"), "export {};");
  const site = pathToFileURL(`${folder}/`);
  const { url } = await gatewayTo(t, [], { site });
  for (const [path, type, text] of [
    ["/", "text/html", "<h1>Books</h1>"],
    ["/books.js", "text/javascript", "export {};"],
  ]) {
    const answer = await fetch(`${url}${path}`);
    assert.equal(answer.headers.get("content-type"), `${type}; charset=utf-8`);
    assert.match(answer.headers.get("content-security-policy") ?? "", policy);
    assert.equal(await answer.text(), text);
  }
  assert.match(await (await fetch(`${url}/api`)).text(), /where the interface begins/);
  await writeFile(join(folder, "notes.txt"), "");
  await assert.rejects(gatewayTo(t, [], { site }), /notes\.txt can't be part of a site/);
});
