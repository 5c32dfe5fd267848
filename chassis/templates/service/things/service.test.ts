import assert from "node:assert/strict";
import { test } from "node:test";
import { startInProcess } from "@flotilla/chassis/testing";
import { service } from "./service.ts";

test("what was added is found again", async (t) => {
  const system = await startInProcess(t, [{ service }]);
  const url = `${system.url("things")}/things`;
  const headers = { "content-type": "application/json" };
  const added = await fetch(url, { method: "POST", headers, body: JSON.stringify({ text: "Hello" }) });
  assert.equal(added.status, 201);
  const entry = (await added.json()) as { id: string };
  assert.deepEqual(await (await fetch(`${url}/${entry.id}`)).json(), entry);
  assert.equal((await fetch(`${url}/unknown`)).status, 404);
});
