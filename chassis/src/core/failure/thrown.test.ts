import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal } from "./failure.ts";
import { describeError, errorFrom, legible, stackOf } from "./thrown.ts";

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
    for (const text of [describeError(thrown), stackOf(thrown)]) assert.match(text, /./);
    assert.match(describeError(new Error("outer", { cause: thrown })), /^outer/);
  }
});

test("an ordinary error stays what it is", () => {
  const error = new TypeError("oops", { cause: 7 });
  assert.equal(errorFrom(error), error);
  assert.match(stackOf(error), /^TypeError: oops\n {4}at /);
});

test("a description names codes, faults and causes, also those that go round in a circle", () => {
  const cause = new Error("inner");
  const failure = refusal("odd", 409, "It is odd").failure({ errors: [{ path: "/a", message: "is odd" }], cause });
  assert.equal(describeError(failure), "odd: It is odd; /a is odd (caused by inner)");
  assert.match(stackOf(failure), /Failure: It is odd[\s\S]*caused by Error: inner/);
  cause.cause = cause;
  assert.match(describeError(cause), /^inner( \(caused by inner){9}\)+$/);
});

test("a description is cut so that PostgreSQL takes it: no NUL, no half surrogate pair", () => {
  for (const length of [1_990, 1_991, 1_992, 1_993]) {
    const stack = `a\0${"b".repeat(length)}${"😀".repeat(12_000)}`;
    const error = Object.assign(new Error(), { stack });
    for (const [text, most] of [
      [stackOf(error), 20_000],
      [legible(stack), 2_000],
    ] as const) {
      assert.ok(text.isWellFormed() && text.length === most && !text.includes("\0"), text.slice(-9));
    }
  }
});
