import assert from "node:assert/strict";
import { test } from "node:test";
import { describeError, errorFrom } from "./thrown.ts";

const throwing = (field: string) =>
  Object.defineProperty(new Error("no"), field, {
    get() {
      throw new Error("unreadable");
    },
  });

const odd: unknown[] = [
  undefined,
  null,
  "text",
  7n,
  Symbol("s"),
  () => {},
  Object.create(null),
  { toString: () => 7n },
  {
    toString() {
      throw new Error("unreadable");
    },
  },
  ...["name", "message", "stack", "code", "cause"].map(throwing),
  Object.assign(new Error("no"), { stack: Symbol("s") }),
  Object.assign(new Error("no"), { message: 7n }),
  new Proxy(new Error("no"), {
    getPrototypeOf() {
      throw new Error("unreadable");
    },
  }),
];

test("whatever is thrown becomes an error that can be looked at and described", () => {
  for (const thrown of odd) {
    const error = errorFrom(thrown);
    assert.ok(error instanceof Error && `${error.name}: ${error.message} ${error.stack} ${error.cause}`);
    assert.match(describeError(thrown), /./);
  }
});

test("an ordinary error stays what it is", () => {
  const error = new TypeError("oops", { cause: 7 });
  assert.equal(errorFrom(error), error);
  assert.match(describeError(error), /^TypeError: oops\n {4}at /);
});

test("a description is cut so that PostgreSQL takes it: no NUL, no half surrogate pair", () => {
  for (const length of [1_990, 1_991, 1_992, 1_993]) {
    const text = describeError(Object.assign(new Error(), { stack: `a\0${"b".repeat(length)}${"😀".repeat(8)}` }));
    assert.ok(text.isWellFormed() && text.length <= 2_000 && !text.includes("\0"));
  }
});
