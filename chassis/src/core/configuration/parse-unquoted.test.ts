import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { parseUnquoted } from "./parse-unquoted.ts";

test("what is not JSON is refused without a word of it", () => {
  assert.deepEqual(parseUnquoted('{"a":1}'), { a: 1 });
  assert.throws(
    () => parseUnquoted('{"password": hunter2}'),
    (error) => error instanceof Error && !inspect(error, { showHidden: true }).includes("hunter2"),
  );
});
