import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, startInProcess } from "@flotilla/chassis/testing";
import { service as gateway } from "../gateway/service.ts";
import { service as greetings } from "../greetings/service.ts";
import { service as journal } from "./service.ts";

test("a greeting comes into the journal", async (t) => {
  const system = await startInProcess(
    t,
    [gateway, greetings, journal].map((service) => ({ service })),
  );
  const api = `${system.url("gateway")}/api`;
  const headers = { "content-type": "application/json" };
  await fetch(`${api}/greetings`, { method: "POST", headers, body: JSON.stringify({ text: "Hello" }) });
  const entries = await eventually(async () => {
    const { items } = (await (await fetch(`${api}/journal`)).json()) as { items: { text: string }[] };
    return items.length > 0 && items;
  });
  assert.deepEqual(
    entries.map(({ text }) => text),
    ["Someone said: Hello"],
  );
});
