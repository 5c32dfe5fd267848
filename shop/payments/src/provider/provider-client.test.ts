import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { euros } from "@flotilla/contracts/money";
import { connectProvider } from "./provider-client.ts";

test("slow charges don't make others wait: fifty are under way at once", async (t) => {
  const waiting: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    waiting.push(response);
    if (waiting.length < 50) return;
    for (const each of waiting) each.end(JSON.stringify({ status: "captured" }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const provider = connectProvider(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await provider.close();
  });
  const charges = Array.from({ length: 50 }, (_, order) =>
    provider.charge({ key: `${order}`, orderId: `${order}`, amount: euros(100), method: "pm_card_visa" }),
  );
  const outcomes = await Promise.all(charges);
  assert.ok(outcomes.every(({ status }) => status === "captured"));
});
