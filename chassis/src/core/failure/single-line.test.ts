import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "./failure.ts";
import { singleLine } from "./single-line.ts";

const isRefused = (error: unknown) => error instanceof Failure && error.errors?.[0]?.path === "/name";

test("a label is kept composed and without spaces around it", () => {
  assert.equal(singleLine("  Zoe\u0308 M. ", "/name"), "Zo\u00eb M.");
});

test("blank labels, and those that could begin a new line, are refused by their path", () => {
  for (const text of [
    "",
    "  ",
    "\u3000",
    "a\nb",
    "a\r\nb",
    "a\vb",
    "a\fb",
    "a\u0085b",
    "a\u2028b",
    "a\u2029b",
    "a\u001bb",
  ]) {
    assert.throws(() => singleLine(text, "/name"), isRefused, JSON.stringify(text));
  }
});
