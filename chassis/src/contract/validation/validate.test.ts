import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { Failure } from "../../core/failure/failure.ts";
import { newId } from "../../core/id.ts";
import { Fields, Id, OneOf, PageQuery, Text, Time } from "../schema.ts";
import { jsonValidator, textValidator, type Validator } from "./validate.ts";

const Line = Fields({ productId: Id, quantity: Type.Integer({ minimum: 1 }) });
const Cart = Fields({ note: Text(5), kind: OneOf("a", "b"), lines: Type.Array(Line), at: Type.Optional(Time) });
const valid = { note: "hi", kind: "a", lines: [{ productId: "p1", quantity: 1 }] };

function pathsRefused(validator: Validator<unknown>, value: unknown): string[] {
  try {
    validator(value);
  } catch (error) {
    assert.ok(error instanceof Failure);
    return (error.errors ?? []).map(({ path }) => path);
  }
  return [];
}

test("every fault is named by its path", () => {
  const validator = jsonValidator(Cart);
  assert.deepEqual(validator(valid), valid);
  const bad = { note: "too long", kind: "c", lines: [{ quantity: 0, extra: 1 }], at: "yesterday", price: 5 };
  assert.deepEqual(pathsRefused(validator, bad).toSorted(), [
    "/at",
    "/kind",
    "/lines/0/extra",
    "/lines/0/productId",
    "/lines/0/quantity",
    "/note",
    "/price",
  ]);
});

test("nothing in a JSON body is coerced", () => {
  const validator = jsonValidator(Line);
  for (const quantity of ["5", true, 1.5, null, -1, 0, "1e2", [1]]) {
    assert.deepEqual(pathsRefused(validator, { productId: "p1", quantity }), ["/quantity"], String(quantity));
  }
});

test("text is coerced to what the schema asks for, and defaults are filled in", () => {
  const validator = textValidator(PageQuery, "/query");
  assert.deepEqual(validator({ limit: "7" }), { limit: 7 });
  assert.deepEqual(validator({}), { limit: 20 });
  for (const limit of ["101", "", "1e1", "0x10", " 20", "7.0", "+7", "07", ["7", "8"]]) {
    assert.deepEqual(pathsRefused(validator, { limit }), ["/query/limit"], String(limit));
  }
  assert.deepEqual(pathsRefused(validator, { limit: "many", x: "1" }), ["/query/x", "/query/limit"]);
});

test("a cursor that no list has given is refused, unless it looks just like one", () => {
  const validator = textValidator(PageQuery, "/query");
  for (const cursor of [newId(), "0000000000000451"]) assert.equal(validator({ cursor }).cursor, cursor);
  for (const cursor of ["", "garbage", "not-a-cursor", "eyJpZCI6MX0=", "1", `${newId()}'`]) {
    assert.deepEqual(pathsRefused(validator, { cursor }), ["/query/cursor"], cursor);
  }
});

test("of a large value the first fault is told, and names that are not known are told in short", () => {
  const validator = jsonValidator(Cart);
  const lines = Array.from({ length: 1_000 }, () => ({}));
  assert.equal(pathsRefused(validator, { ...valid, lines }).length, 1);
  assert.deepEqual(pathsRefused(validator, { ...valid, [`a/b~${"x".repeat(1_000)}`]: 1 }), [
    `/a~1b~0${"x".repeat(60)}`,
  ]);
});
