import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure, malformedJson } from "../../core/failure/failure.ts";
import { parseJson } from "./json.ts";

function faultOf(text: string): { code: string; path: string | undefined } {
  try {
    parseJson(text);
  } catch (error) {
    assert.ok(error instanceof Failure);
    return { code: error.code, path: error.errors?.[0]?.path };
  }
  return assert.fail("was accepted");
}

test("ordinary JSON passes unchanged", () => {
  const value = { items: [{ name: "Größe 🙂", n: 1.5, nothing: null }], deep: { er: [true] } };
  assert.deepEqual(parseJson(JSON.stringify(value)), value);
});

test("what is not JSON is malformed", () => {
  assert.equal(faultOf('{"a":').code, "malformed_json");
  assert.equal(faultOf('{"a":'.repeat(200_000)).code, "malformed_json");
});

test("bytes are read as UTF-8, and refused when they are not", () => {
  assert.deepEqual(parseJson(Buffer.from('{"name":"Jörg"}')), { name: "Jörg" });
  assert.throws(() => parseJson(Buffer.from('{"name":"Jörg"}', "latin1")), malformedJson.is);
});

test("nesting deeper than 32 is refused, however deep it goes", () => {
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
  assert.doesNotThrow(() => parseJson(nested(32)));
  assert.equal(faultOf(nested(33)).path, "/a".repeat(32));
  assert.equal(faultOf(nested(10_000)).code, "invalid_input");
  assert.equal(faultOf("[".repeat(10_000) + "]".repeat(10_000)).code, "invalid_input");
});

test("NUL characters and lone surrogates are refused by their path, in keys too", () => {
  assert.equal(faultOf('{"a":{"b":["x","\\u0000"]}}').path, "/a/b/1");
  assert.equal(faultOf('{"name":"\\ud800"}').path, "/name");
  assert.equal(faultOf('{"a\\u0000":1}').code, "invalid_input");
  assert.equal(faultOf('{"name":"\ud800"}').path, "/name");
});

test("keys that could change a prototype are refused", () => {
  assert.equal(faultOf('{"a":{"__proto__":{"admin":true}}}').path, "/a/__proto__");
  assert.equal(faultOf('{"constructor":{"prototype":{}}}').path, "/constructor");
  assert.equal(faultOf('{"a":{"__pro\\u0074o__":1}}').path, "/a/__proto__");
  assert.equal(({} as { admin?: boolean }).admin, undefined);
});

test("a number with an exponent is refused by its path; a text that looks like one is not", () => {
  assert.equal(faultOf('{"items":[{"quantity":1e2}]}').path, "/items/0/quantity");
  assert.equal(faultOf('{"amount":1.0E+2}').path, "/amount");
  assert.equal(faultOf(`${"[".repeat(10_000)}1e2${"]".repeat(10_000)}`).code, "invalid_input");
  for (const number of ["1e2", "[1,-1e2]", "[ 1.5E+2]", "[0,\n0e1]", '{"a": 1e2}']) {
    assert.equal(faultOf(number).code, "invalid_input", number);
  }
  assert.deepEqual(parseJson('{"id":"1e2","text":"a, 1e2","n":100}'), { id: "1e2", text: "a, 1e2", n: 100 });
});

test("of several faults the first is told, by its path", () => {
  assert.equal(faultOf('{"a":[{"b":1},{"c~d":[2,1e1]},"\\u0000"]}').path, "/a/1/c~0d/1");
  assert.equal(faultOf('[["x","y"],{"a":{"q\\"/":"\\ud800"}}]').path, '/1/a/q"~1');
  assert.equal(faultOf('{"constructor":[],"a":{"constructor":{"x":1,"prototype":0}}}').path, "/a/constructor");
  assert.doesNotThrow(() =>
    parseJson('{"constructor":{"x":{"prototype":1}},"prototype":{},"e":[true,false,"1e1,\\\\"]}'),
  );
});

test("an object has at most 1,000 names, a list as many items as there is room for", () => {
  const named = (count: number) => `{"a":[1,{${Array.from({ length: count }, (_, at) => `"n${at}":0`).join(",")}}]}`;
  assert.doesNotThrow(() => parseJson(named(1_000)));
  assert.equal(faultOf(named(1_001)).path, "/a/1");
  assert.doesNotThrow(() => parseJson(`[${"{},".repeat(20_000)}{}]`));
});

test("texts are in composed form, however they were written", () => {
  assert.deepEqual(parseJson('{"n":["Zoe\u0308","Zoe\\u0308"]}'), { n: ["Zo\u00eb", "Zo\u00eb"] });
});

test("more than 30 combining marks in a row are refused, as they are and as escapes", () => {
  const marks = (count: number) => "\u0301\u0327".repeat(count / 2);
  assert.doesNotThrow(() => parseJson(JSON.stringify({ a: `e${marks(30)}` })));
  assert.equal(faultOf(JSON.stringify({ a: `e${marks(32)}` })).path, "/a");
  assert.equal(faultOf(`{"a":["${"\\u0301".repeat(31)}"]}`).path, "/a/0");
});
