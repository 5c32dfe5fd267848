import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { type TestContext, test } from "node:test";
import { Type } from "typebox";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { Fields, Text } from "../../contract/schema.ts";
import { createLoadShedder } from "../../core/load/load-shedder.ts";
import { staticDiscovery } from "../../discovery/static.ts";
import { answer } from "../../service/answer.ts";
import { serveMultiplexed, untilMultiplexed } from "../../service/multiplex/multiplex.fixture.ts";
import { eventually } from "../../testing/eventually.ts";
import { as, gatewayTo } from "../gateway.fixture.ts";

const Parcel = Fields({ state: Text(20) });
const parcels = contract("parcels", {
  calls: {
    send: call("POST /parcels", {
      summary: "Send",
      access: "customer",
      headers: Fields({ prefer: Type.Optional(Type.String()) }),
      replies: { 202: Parcel, 201: Parcel },
      idempotencyKey: "optional",
      waits: "preferred",
      timeout: 40_000,
    }),
    news: call("GET /news", { summary: "News", access: "customer", replies: { 200: Parcel }, waits: "always" }),
    look: call("GET /parcels/{id}", { summary: "Look", access: "customer", replies: { 200: Parcel } }),
  },
  events: {},
});

/** A service whose parcels arrive when the test says so, behind a gateway; both let in a handful of requests at a time. */
async function parcelsBehindGateway(t: TestContext, { offers = true } = {}) {
  const arrival = new EventEmitter().setMaxListeners(0);
  const waiting = { count: 0, most: 0 };
  const arrived = async (signal: AbortSignal) => {
    waiting.count += 1;
    await once(arrival, "all", { signal }).finally(() => {
      waiting.count -= 1;
    });
    return { state: "arrived" };
  };
  const shedder = createLoadShedder({ least: 4, most: 4 });
  const service = await serveMultiplexed(
    t,
    parcels,
    {
      send: async ({ preferredWait, wait }) => {
        const found = await wait(preferredWait, arrived);
        return found ? answer(201, found) : answer(202, { state: "sent" });
      },
      news: async ({ wait }) => (await wait(5_000, arrived)) ?? { state: "none" },
      look: async () => ({ state: "on its way" }),
    },
    { offers, shedder },
  );
  const { url, gateway } = await gatewayTo(t, [], {
    contracts: [parcels],
    discovery: staticDiscovery({ parcels: [service.url] }),
    tokenFor: async () => "orders",
    overload: { least: 4, most: 4 },
  });
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}/api${path}`, { ...init, headers: { ...as("ann"), ...init.headers } });
    await response.arrayBuffer();
    return response.status;
  };
  if (offers) await untilMultiplexed(service.overHttp, () => ask("/parcels/1"));
  t.after(() => arrival.emit("all"));
  const send = () => ask("/parcels", { method: "POST", headers: { prefer: "wait=30" } });
  return { url, gateway, ask, send, arrival, waiting, shedder };
}

for (const offers of [true, false]) {
  test(`requests that wait take no place of those that work, ${offers ? "on a shared connection" : "each on one of its own"}`, async (t) => {
    const { ask, send, arrival, waiting, shedder } = await parcelsBehindGateway(t, { offers });
    const sent: Promise<number>[] = [];
    for (let count = 4; count <= 256; count += 4) {
      sent.push(send(), send(), send(), send());
      // A few after the others: to come in is work as any other.
      await eventually(() => waiting.count === count);
    }
    assert.equal(shedder.underWay(), 0);
    for (let count = 0; count < 20; count += 1) assert.equal(await ask("/parcels/1"), 200);
    assert.equal(await send(), 202, "whoever waits for too much is answered at once");
    arrival.emit("all");
    assert.deepEqual(new Set(await Promise.all(sent)), new Set([201]));
    assert.equal(waiting.count, 0);
  });
}

test("long polls take no place of others either", async (t) => {
  const { ask, arrival, waiting } = await parcelsBehindGateway(t);
  const polls: Promise<number>[] = [];
  for (let count = 1; count <= 20; count += 1) {
    polls.push(ask("/news"));
    await eventually(() => waiting.count === count);
  }
  assert.equal(await ask("/parcels/1"), 200);
  arrival.emit("all");
  assert.deepEqual(new Set(await Promise.all(polls)), new Set([200]));
});

for (const offers of [true, false]) {
  test(`a gateway that stops has requests answered that wait, ${offers ? "on a shared connection" : "each on one of its own"}`, async (t) => {
    const { url, gateway, ask, waiting } = await parcelsBehindGateway(t, { offers });
    const headers = { ...as("ann"), prefer: "wait=30", "idempotency-key": "k" };
    const sent = fetch(`${url}/api/parcels`, { method: "POST", headers });
    const poll = ask("/news");
    await eventually(() => waiting.count === 2);
    const closed = gateway.close();
    const answered = await sent;
    assert.equal(answered.status, 202);
    assert.deepEqual(await answered.json(), { state: "sent" });
    assert.equal(await poll, 503, "who has nothing to be told is sent away");
    await closed;
    await eventually(() => waiting.count === 0);
  });
}
