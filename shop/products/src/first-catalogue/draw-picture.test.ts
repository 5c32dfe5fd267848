import assert from "node:assert/strict";
import { test } from "node:test";
import { drawPicture } from "./draw-picture.ts";
import { firstCatalogue } from "./first-catalogue.ts";

const lamp = { id: "1", name: "Brass cabin lamp", category: "Lamps" };

test("a product is always the same picture, another product is another", () => {
  assert.equal(drawPicture(lamp), drawPicture({ ...lamp }));
  const pictures = firstCatalogue.map((product) => drawPicture({ id: "1", ...product }));
  assert.equal(new Set(pictures).size, firstCatalogue.length);
  assert.notEqual(drawPicture(lamp), drawPicture({ ...lamp, id: "2" }));
});

test("a category that nobody drew for gets a picture too", () => {
  for (const category of ["other", "constructor", "__proto__"]) {
    assert.match(drawPicture({ ...lamp, category }), /^<svg .*<\/svg>\n$/s);
  }
});

test("texts can't become markup, and characters that XML does not have are left out", () => {
  const svg = drawPicture({ id: '"<', name: `<script>"&'\u0001\ufffe`, category: "<b>" });
  assert.ok(svg.includes('aria-label="&lt;script&gt;&quot;&amp;&#39;"'));
  for (const forbidden of ["<script", "<b>", "<B>", "\u0001", "\ufffe"]) assert.ok(!svg.includes(forbidden));
});

test("a long name is cut at the end of its second line, between letters", () => {
  const [, line] = drawPicture({ ...lamp, name: "👩‍🚀".repeat(200) }).match(/font-weight="700">([^<]*)</) ?? [];
  assert.equal(line, `${"👩‍🚀".repeat(35)}…`);
  const lines = drawPicture({ ...lamp, name: "lamp ".repeat(40).trim() }).match(/font-weight="700">/g);
  assert.equal(lines?.length, 2);
});

test("every element that is opened is closed", () => {
  const open: string[] = [];
  for (const [, end, name, empty] of drawPicture(lamp).matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
    if (end) assert.equal(open.pop(), name);
    else if (!empty) open.push(name as string);
  }
  assert.deepEqual(open, []);
});
