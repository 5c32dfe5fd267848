import { equal, match } from "node:assert/strict";
import { describe, it } from "node:test";
import { refusal } from "../core/failure.ts";
import { describeError, stackOf } from "./describe-error.ts";

const hostile = (field: string) =>
  Object.defineProperty(new Error("sound"), field, {
    get() {
      throw new Error("no");
    },
  });

describe("the description of what was thrown", () => {
  it("names codes, faults and causes", () => {
    const failure = refusal("odd", 409, "It is odd").failure({
      errors: [{ path: "/a", message: "is odd" }],
      cause: new Error("inner"),
    });
    equal(describeError(failure), "odd: It is odd; /a is odd (caused by inner)");
    match(String(stackOf(failure)), /Failure: It is odd[\s\S]*caused by Error: inner/);
  });

  const circle = new Error("round");
  circle.cause = circle;
  const things: [string, unknown][] = [
    ["nothing", undefined],
    ["an object without a prototype", Object.create(null)],
    ["a symbol", Symbol("s")],
    ["an object whose text throws", { toString: () => (undefined as never as Error).message }],
    ["an error whose message throws", hostile("message")],
    ["an error whose stack throws", hostile("stack")],
    ["an error whose cause throws", hostile("cause")],
    ["an error with a message that is no text", Object.assign(new Error(), { message: Object.create(null) })],
    ["errors that are each other's cause", circle],
    ["a text with NUL", "a\0b"],
    ["an emoji where the text is cut", `${"x".repeat(19_999)}😀`],
  ];
  for (const [what, thrown] of things) {
    it(`is a text that can be stored, for ${what}`, () => {
      for (const text of [describeError(thrown), stackOf(thrown) ?? ""]) {
        equal(text.isWellFormed() && !text.includes("\0"), true);
        equal(text.length <= 20_100, true);
      }
    });
  }
});
