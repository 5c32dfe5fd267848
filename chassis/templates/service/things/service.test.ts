import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceUnderTest } from "@flotilla/chassis/testing";
import { service } from "./service.ts";

test("what was added is found again", async (t) => {
  const { anonymous } = await serviceUnderTest(t, service);
  const entry = await anonymous.add({ body: { text: "Hello" } });
  assert.deepEqual(await anonymous.get({ params: { id: entry.id } }), entry);
  assert.equal((await anonymous.get.answer({ params: { id: "unknown" } })).refused, "not_found");
});
