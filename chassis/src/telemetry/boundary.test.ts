import assert from "node:assert/strict";
import { test } from "node:test";
import { newContext, runInContext } from "../context/context.ts";
import { type Boundary, boundary, listenAtBoundaries, type Work } from "./boundary.ts";

test("a boundary is nothing while nobody listens; then it says whose work has come to it, by default that of the context", () => {
  const reached: [Boundary, string][] = [];
  boundary("after commit", [{ requestId: "unheard" }]);
  listenAtBoundaries((name: Boundary, { requestId }: Work) => reached.push([name, requestId]));
  boundary("before handler", [{ requestId: "a" }, { requestId: "b" }]);
  runInContext(newContext({ requestId: "c" }), () => boundary("in transaction"));
  boundary("in transaction");
  assert.deepEqual(reached, [
    ["before handler", "a"],
    ["before handler", "b"],
    ["in transaction", "c"],
  ]);
});
