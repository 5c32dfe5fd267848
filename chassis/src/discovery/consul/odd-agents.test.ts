import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { type TestContext, test } from "node:test";
import { createLog } from "../../telemetry/log.ts";
import { eventually } from "../../testing/eventually.ts";
import { httpServer, type ReceivedRequest } from "../../testing/servers/http-server.ts";
import { consulDiscovery } from "./consul.ts";

const log = createLog({ service: "test", level: "silent" });
const entry = (port: unknown, more: object = {}) => ({
  Node: { Address: "127.0.0.1" },
  Service: { Service: "orders", Address: "", Port: port, ...more },
});

type Reply = (response: ServerResponse, request: ReceivedRequest) => unknown;
const answering =
  (body: unknown, index: string | null = "7", status = 200): Reply =>
  (response) =>
    response
      .writeHead(status, index === null ? {} : { "x-consul-index": index })
      .end(typeof body === "string" ? body : JSON.stringify(body));

/** An agent that gives one answer after the other; the last is a question that nobody answers. */
async function agentWith(t: TestContext, ...replies: Reply[]) {
  const server = await httpServer(t, (request, response) => replies.shift()?.(response, request));
  const discovery = consulDiscovery(server.url.replace("http:", "consul:"), { log, random: () => 0 });
  t.after(() => discovery.close());
  return { server, discovery };
}

const good = answering([entry(1_001)]);
const nonsense: Record<string, Reply> = {
  "no JSON": answering("<html>"),
  "no list": answering({ orders: [] }),
  "a list of nothing with sense": answering([null, 1, "http://evil", [], {}]),
  "ports that are none": answering([entry(0), entry(70_000), entry("80"), entry(1.5), entry(null)]),
  "hosts that are none": answering([
    entry(80, { Address: "a/b" }),
    entry(80, { Address: "u:p@h" }),
    entry(80, { Address: 1 }),
  ]),
  "another service": answering([entry(80, { Service: "payments" })]),
  "an error": answering("rpc error", "7", 500),
  "a refusal": answering("ACL not found", "7", 403),
  "a redirect": (response) => response.writeHead(302, { location: "/v1/evil" }).end(),
  "12 MB": answering(" ".repeat(12_000_000)),
  "half an answer": (response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("[", () => response.destroy());
  },
  "an empty list": answering([]),
};

for (const [name, reply] of Object.entries(nonsense)) {
  test(`a registry that answers with ${name} takes nothing away and adds nothing`, async (t) => {
    const { server, discovery } = await agentWith(t, good, reply, answering([entry(1_002)]));
    discovery.instances("orders");
    await eventually(() => discovery.instances("orders").length > 0);
    const seen = new Set<string>();
    await eventually(() => {
      for (const address of discovery.instances("orders")) seen.add(address);
      return server.requests.length >= 4;
    });
    assert.deepEqual([...seen].sort(), ["http://127.0.0.1:1001", "http://127.0.0.1:1002"]);
  });
}

test("what makes sense in a list is taken, the rest passed over", async (t) => {
  const { discovery } = await agentWith(t, answering([entry(0), entry(1_003), null, entry(80, { Address: "::1" })]));
  discovery.instances("orders");
  await eventually(() => discovery.instances("orders").length > 0);
  assert.deepEqual(discovery.instances("orders"), ["http://127.0.0.1:1003", "http://[::1]:80"]);
});

/** The indices that a discovery asks with when the answers have these; empty for a question that does not wait. */
async function askedWith(t: TestContext, ...indices: (string | null)[]): Promise<string[]> {
  const { server, discovery } = await agentWith(t, ...indices.map((index) => answering([entry(1)], index)));
  discovery.instances("orders");
  await eventually(() => server.requests.length > indices.length);
  return server.requests.map(({ url }) => new URL(url, "http://agent").searchParams.get("index") ?? "");
}

test("a question waits for what comes after the last answer", async (t) => {
  assert.deepEqual(await askedWith(t, "5", "9", "9"), ["", "5", "9", "9"]);
});

test("an index that falls, is 0, is missing or is no number begins anew", async (t) => {
  for (const index of ["4", "0", null, "-1", "x", "1e3"]) {
    assert.deepEqual(await askedWith(t, "5", index), ["", "5", ""], `index ${index}`);
  }
});

test("an agent that answers everything at once is not asked in a circle", async (t) => {
  for (const reply of [answering([entry(1)], "0"), answering("", "1", 500)]) {
    const { server, discovery } = await agentWith(t, ...Array.from({ length: 1_000 }, () => reply));
    discovery.instances("orders");
    const began = performance.now();
    await eventually(() => server.requests.length >= 5);
    const each = (performance.now() - began) / (server.requests.length - 1);
    assert.ok(each >= 19, `one question every ${each} ms`);
    await discovery.close();
  }
});

test("an agent's token goes with every question", async (t) => {
  const server = await httpServer(t, (_request, response) => answering([entry(1)])(response, {} as never));
  const discovery = consulDiscovery(`${server.url.replace("http://", "consul://:se%20cret@")}/shop`, { log });
  t.after(() => discovery.close());
  discovery.instances("orders");
  await eventually(() => server.requests.length > 0);
  assert.equal(server.requests[0]?.headers["x-consul-token"], "se cret");
  assert.match(server.requests[0]?.url ?? "", /^\/v1\/health\/service\/shop-orders\?/);
});
