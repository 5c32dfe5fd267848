import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { redisMissing, redisServer } from "../../../chassis/src/testing/servers/redis-server.ts";
import { gatewaysAlone } from "./gateways.ts";
import { send } from "./send.ts";

const LIMIT = 6;
const limits = { RATE_LIMIT_ADDRESS: String(LIMIT), RATE_LIMIT_SIGN_IN: String(LIMIT) };

/** Ways to ask for the same, or for something else that the same limit is about. */
const ways: Record<string, [method: string, path: string][]> = {
  reading: [
    ["GET", "/api/products"],
    ["GET", "/api/%70roducts"],
    ["HEAD", "/api/products"],
    ["GET", "/api/products?a=1"],
    ["GET", "/api/products/x"],
    ["GET", "/api/nowhere"],
    ["OPTIONS", "/api/products"],
    ["GET", "/api//products"],
  ],
  "signing in": [
    ["POST", "/api/auth/login"],
    ["POST", "/api/auth/%6cogin"],
    ["POST", "/api/auth/login?a"],
    ["POST", "/api/auth/refresh"],
    ["POST", "/api/auth/register"],
  ],
};

/** What a client may say about where it is. */
function lies(round: number): Record<string, string> {
  const address = `198.51.100.${round}`;
  const said = { "x-forwarded-for": address, "x-real-ip": address, forwarded: `for=${address}` };
  return { ...said, "x-forwarded-by": "x.y.z", "x-client-ip": address, "true-client-ip": address };
}

/** Asks in all ways, twice as often as may be, each time from somewhere else if it were believed, at one gateway after the other. */
async function assertOneWindow(gateways: readonly string[], from: string): Promise<void> {
  for (const [what, requests] of Object.entries(ways)) {
    const statuses: number[] = [];
    for (let round = 0; round < 2 * LIMIT; round += 1) {
      const [method, path] = requests[round % requests.length] as [string, string];
      const body = method === "POST" ? { body: "" } : {};
      const gateway = gateways[round % gateways.length] as string;
      statuses.push((await send(gateway, { method, path, from, headers: lies(round), ...body })).status);
    }
    const isLimited = statuses.map((status) => status === 429);
    assert.deepEqual(isLimited, [...Array(LIMIT).fill(false), ...Array(LIMIT).fill(true)], `${what}: ${statuses}`);
  }
}

test("a limit holds, wherever the client says it comes from and however it writes the path", async (t) => {
  const { startWith } = await gatewaysAlone(t);
  await assertOneWindow([await startWith(limits)], "127.0.0.1");
});

test("two replicas of the gateway hold a client to one window", { skip: redisMissing }, async (t) => {
  const { startWith } = await gatewaysAlone(t);
  const { url: REDIS_URL } = await redisServer(t);
  const replicas = [await startWith({ ...limits, REDIS_URL }), await startWith({ ...limits, REDIS_URL })];
  const hold = (network: number) => assertOneWindow(replicas, `127.0.1.${network}`);
  // Until it is connected, and where Redis is too slow for an answer on a busy machine, a replica counts by itself.
  for (let attempt = 1; attempt < 10; attempt += 1) {
    const held = await hold(attempt).then(
      () => true,
      () => false,
    );
    if (held) return;
    await delay(200);
  }
  await hold(10);
});
