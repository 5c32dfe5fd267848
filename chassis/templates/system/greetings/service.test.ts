import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceUnderTest } from "@flotilla/chassis/testing";
import { service } from "./service.ts";

test("a greeting is kept", async (t) => {
  const { anonymous, database } = await serviceUnderTest(t, service);
  const greeting = await anonymous.greet({ body: { text: "Hello" } });
  assert.equal(greeting.text, "Hello");
  assert.deepEqual(await database.query("select id, text from greeting"), [greeting]);
});
