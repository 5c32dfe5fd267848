import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { consulMissing, consulServer } from "../../../../chassis/src/testing/servers/consul-server.ts";
import { eventually, type Visitor } from "../../fixtures/visitor.ts";
import { orderOf } from "../fixtures/patient-customer.ts";
import { type RunningShop, runShop, shopFolder } from "../fixtures/running-shop.ts";

/* F-21 in short: whoever tells where services are may be away, or know of nobody; whoever calls does not notice. */

const startShop = async (environment: NodeJS.ProcessEnv) =>
  runShop(fileCleanup, { dataFolder: await shopFolder(fileCleanup), environment });

/** Asks one after the other until `until` resolves; returns what was not as it should be. */
async function busyUntil(until: Promise<unknown>, asks: readonly (() => Promise<string | undefined>)[]) {
  let over = false;
  void until.finally(() => (over = true));
  const failed: string[] = [];
  let count = 0;
  const visit = async () => {
    while (!over) {
      const fault = await asks[count++ % asks.length]?.();
      if (fault) failed.push(fault);
    }
  };
  await Promise.all([visit(), visit(), visit()]);
  await until;
  return { failed, count };
}

const expecting =
  (visitor: Visitor, status: number, method: string, path: string, body?: () => unknown) =>
  async (): Promise<string | undefined> => {
    const headers = body ? { "idempotency-key": randomUUID() } : {};
    const answer = await visitor.ask(method, path, body ? { body: body(), headers } : { headers });
    return answer.status === status ? undefined : `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`;
  };

/** A customer with an order, and what they do all day. */
async function customer(shop: RunningShop) {
  const admin = await shop.admin();
  const product = await admin.addProduct({ name: "Hourglass", price: 1_200 }, 100_000);
  const ann = await shop.visitor().register("Ann", "ann@mail.example");
  const order = await ann.order(product.id, 1);
  assert.equal(order.status, "confirmed");
  return [
    expecting(ann, 200, "GET", `/api/products/${product.id}`),
    expecting(ann, 200, "GET", `/api/inventory/${product.id}`),
    expecting(ann, 202, "POST", "/api/orders", () => orderOf(product.id, 1)),
    expecting(ann, 200, "GET", `/api/orders/${order.id}`),
    expecting(ann, 200, "GET", "/api/notifications?limit=5"),
  ];
}

test("with names for its discovery the shop sells, and finds a service that was started again", async () => {
  const shop = await startShop({ DISCOVERY_URL: "dns:", REPLICAS: "inventory=2" });
  const asks = await customer(shop);
  const killed = await shop.kill("payments");
  await shop.restarted("payments", killed);
  await eventually("orders are confirmed again", async () => ((await asks[2]?.()) === undefined ? true : undefined));
  await shop.stop("SIGTERM");
});

test("with Consul the shop sells; while Consul is away, back and empty, or stands still, nobody notices", {
  skip: consulMissing,
}, async () => {
  const consul = await consulServer(fileCleanup);
  const shop = await startShop({
    DISCOVERY_URL: consul.url.replace("http:", "consul:"),
    // Nobody is there to take spans either.
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
    REPLICAS: "inventory=2,products=2",
  });
  const services = ["orders", "inventory", "payments", "products", "users", "email", "notifications"];
  const registered = async () =>
    (await Promise.all(services.map((service) => consul.passing(service)))).map((ids) => ids.length);
  assert.deepEqual(await registered(), [1, 2, 1, 2, 1, 1, 1]);
  const asks = await customer(shop);
  const trouble = async () => {
    await consul.kill();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await consul.start();
    // All register again with an agent that has forgotten them.
    await eventually("everybody is registered again", async () =>
      (await registered()).join() === "1,2,1,2,1,1,1" ? true : undefined,
    );
    // The keys of people come from users; they are known by now.
    await shop.kill("users", "SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await shop.kill("users", "SIGCONT");
  };
  const { failed, count } = await busyUntil(trouble(), asks);
  assert.deepEqual(failed, []);
  assert.ok(count >= 50, `${count} requests`);
  await shop.stop("SIGTERM");
  assert.deepEqual(await registered(), [0, 0, 0, 0, 0, 0, 0], "all have deregistered");
});
