import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceUnderTest } from "@flotilla/chassis/testing";
import { greetingSent } from "../contracts/greetings.ts";
import { service } from "./service.ts";

test("a greeting comes into the journal", async (t) => {
  const { anonymous, publish } = await serviceUnderTest(t, service);
  assert.equal(await publish(greetingSent, { id: "1", text: "Hello" }), "handled");
  const { items } = await anonymous.listEntries();
  assert.deepEqual(items, [{ id: "1", text: "Someone said: Hello" }]);
});
