import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { eventually } from "../../testing/eventually.ts";
import { as, gatewayTo, libraryServer } from "../gateway.fixture.ts";
import { capacityOf, placesOf } from "./capacity.ts";

/** A gateway with few descriptors: 10 connections, 8 of one network, 3 streams. */
async function narrow(t: TestContext) {
  const service = await libraryServer(t, (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  });
  const { url } = await gatewayTo(t, [service.url], { descriptors: 40 });
  const ended = new Set<Socket>();
  const open = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port), localAddress });
    t.after(() => socket.destroy());
    socket.on("error", () => {}).on("close", () => ended.add(socket));
    await once(socket, "connect");
    return socket;
  };
  const request = async (socket: Socket, path: string): Promise<string> => {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ann\r\n\r\n`);
    const [answer] = await Promise.race([once(socket, "data"), once(socket, "close")]);
    return String(answer).slice(9, 12);
  };
  return { url, open, ended, request };
}

test("descriptors are shared out so that some are always left", () => {
  assert.deepEqual(capacityOf(40), { connections: { all: 10, network: 8 }, lasting: 3 });
  for (const descriptors of [64, 256, 400, 1_024, 65_536, Number.POSITIVE_INFINITY]) {
    const { connections, lasting } = capacityOf(descriptors);
    assert.ok(2 * connections.all + 32 <= descriptors && 2 * lasting < connections.network);
  }
  assert.deepEqual(placesOf(64, capacityOf(40)), { reader: 3, network: 3, all: 3 });
  assert.deepEqual(placesOf(64, capacityOf(65_536)), { reader: 64, network: 256, all: 4_096 });
});

test("of one network the oldest connection on which nothing is under way makes room for a new one", async (t) => {
  const { open, ended, request } = await narrow(t);
  const first = await open("127.0.0.1");
  assert.equal(await request(first, "/health"), "200");
  for (let count = 1; count < 9; count += 1) assert.equal(await request(await open("127.0.0.1"), "/health"), "200");
  await eventually(() => ended.size === 1);
  assert.ok(ended.has(first));
});

test("of several networks that with the most makes room, and streams leave room for others", async (t) => {
  const { url, open, ended, request } = await narrow(t);
  const statuses: string[] = [];
  for (let count = 0; count < 6; count += 1) statuses.push(await request(await open("127.0.0.2"), "/api/news"));
  assert.deepEqual(statuses, ["200", "200", "200", "429", "429", "429"]);
  const others: Socket[] = [];
  for (let count = 0; count < 5; count += 1) {
    const socket = await open("127.0.0.3");
    others.push(socket);
    assert.equal(await request(socket, "/health"), "200");
  }
  await eventually(() => ended.size > 0);
  assert.ok(others.every((socket) => !ended.has(socket)));
  assert.equal((await fetch(`${url}/health`, { headers: as("ann") })).status, 200);
});
