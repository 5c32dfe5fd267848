import assert from "node:assert/strict";
import { test } from "node:test";
import { startInProcess } from "@flotilla/chassis/testing";
import { service } from "./service.ts";

test("a greeting is kept", async (t) => {
  const system = await startInProcess(t, [{ service }]);
  const response = await fetch(`${system.url("greetings")}/greetings`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: "Hello" }),
  });
  assert.equal(response.status, 201);
  const { id, text } = (await response.json()) as { id: string; text: string };
  assert.equal(text, "Hello");
  assert.deepEqual(await system.database("greetings").query("select id, text from greeting"), [{ id, text }]);
});
