import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../../telemetry/log.ts";
import { eventually } from "../../testing/eventually.ts";
import { hurriedClock } from "../../testing/hurried-clock.ts";
import { consulMissing, consulServer } from "../../testing/servers/consul-server.ts";
import { httpServer } from "../../testing/servers/http-server.ts";
import { consulDiscovery } from "./consul.ts";

const log = createLog({ service: "test", level: "silent" });
const consulUrl = (url: string) => url.replace("http:", "consul:");

test("who registers is found at once, and no more when it has deregistered", { skip: consulMissing }, async (t) => {
  const consul = await consulServer(t);
  const service = await httpServer(t, (_request, response) => response.end("{}"));
  const [own, other] = [
    consulDiscovery(consulUrl(consul.url), { log }),
    consulDiscovery(consulUrl(consul.url), { log }),
  ];
  t.after(() => Promise.all([own.close(), other.close()]));
  const deregister = await own.register({ service: "orders", url: service.url });
  assert.equal((await consul.passing("orders")).length, 1);
  other.instances("orders");
  await eventually(() => other.instances("orders")[0] === service.url);
  await eventually(() => service.requests.some(({ url }) => url === "/health/ready"));
  await deregister();
  assert.deepEqual(await consul.passing("orders"), []);
});

test("who fails its health check is not found, and found again when it is well", { skip: consulMissing }, async (t) => {
  const consul = await consulServer(t);
  let status = 200;
  const service = await httpServer(t, (_request, response) => response.writeHead(status).end());
  const discovery = consulDiscovery(consulUrl(consul.url), { log });
  t.after(() => discovery.close());
  const deregister = await discovery.register({ service: "orders", url: service.url });
  status = 503;
  await eventually(async () => (await consul.passing("orders")).length === 0);
  status = 200;
  await eventually(async () => (await consul.passing("orders")).length === 1);
  await deregister();
});

test("an agent that forgot who is there is told again", { skip: consulMissing }, async (t) => {
  const consul = await consulServer(t);
  const service = await httpServer(t, (_request, response) => response.end("{}"));
  const discovery = consulDiscovery(consulUrl(consul.url), { log, clock: hurriedClock, random: () => 0 });
  t.after(() => discovery.close());
  const deregister = await discovery.register({ service: "orders", url: service.url });
  await consul.kill();
  await consul.start();
  await eventually(async () => (await consul.passing("orders")).length === 1);
  await deregister();
});

test("without an agent registering and deregistering end soon", async () => {
  const discovery = consulDiscovery("consul://127.0.0.1:1", { log });
  const began = performance.now();
  const deregister = await discovery.register({ service: "orders", url: "http://127.0.0.1:2" });
  await deregister();
  await discovery.close();
  assert.ok(performance.now() - began < 4_000);
});

test("an instance says where it is, how to look after it, and when to forget it", async (t) => {
  const agent = await httpServer(t, ({ method }, response) => response.writeHead(method === "GET" ? 404 : 200).end());
  const discovery = consulDiscovery(`${consulUrl(agent.url)}/shop`, { log });
  const registered = async (url: string) => {
    await (await discovery.register({ service: "orders", url }))();
    const { body } = agent.requests.findLast(({ url }) => url === "/v1/agent/service/register") ?? {};
    return JSON.parse(body ?? "{}");
  };
  const { ID, Name, Address, Port, Check } = await registered("http://10.0.0.7:4000");
  assert.deepEqual([ID, Name, Address, Port], ["shop-orders:10.0.0.7:4000", "shop-orders", "10.0.0.7", 4_000]);
  assert.equal(Check.HTTP, "http://10.0.0.7:4000/health/ready");
  assert.equal(Check.DeregisterCriticalServiceAfter, "1m");
  assert.equal((await registered("http://[::1]:4000")).Address, "::1");
  assert.equal((await registered("http://0.0.0.0:4000")).Address, undefined, "it is where its agent is");
  await discovery.close();
});
