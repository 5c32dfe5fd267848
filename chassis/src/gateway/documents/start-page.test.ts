import assert from "node:assert/strict";
import { test } from "node:test";
import { gatewayTo } from "../gateway.fixture.ts";
import { startPage } from "./start-page.ts";

const policy =
  /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'$/;

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
