import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cleanup } from "@flotilla/chassis/testing";
import amqplib from "amqplib";
import { type RabbitmqNode, rabbitmqMissing, startRabbitmq } from "../../../../chassis/src/testing/servers/rabbitmq.ts";
import { eventually, type Visitor } from "../../fixtures/visitor.ts";
import { assertBooksAgree, waitUntilSettled } from "../fixtures/books.ts";
import { finalOrder, orderOf, placeStubbornly } from "../fixtures/patient-customer.ts";
import { type RunningShop, runShop, shopFolder } from "../fixtures/running-shop.ts";

/** Milliseconds in which outboxes are empty again once the broker is back. */
const DRAINED = 30_000;

type Outage = { cut(): Promise<unknown>; heal(): Promise<unknown> };

/** Places orders and waits until they are final. */
async function orderSome(visitor: Visitor, productId: string, count: number, name: string): Promise<void> {
  const placed = Array.from({ length: count }, (_, index) =>
    placeStubbornly(visitor, orderOf(productId, 1), `${name}-${index}`),
  );
  for (const { id } of await Promise.all(placed)) assert.equal((await finalOrder(visitor, id)).status, "confirmed");
}

/** What each service says of itself. */
async function readiness(shop: RunningShop): Promise<{ code: number; broker: string }[]> {
  const { gateway: _, ...services } = (await shop.where()).services;
  const urls = Object.values(services).flatMap((instances) => instances.map(({ url }) => url));
  return Promise.all(
    urls.map(async (url) => {
      const answer = await fetch(`${url}/health/ready`);
      const { broker } = (await answer.json()) as { broker: string };
      return { code: answer.status, broker };
    }),
  );
}

/** All services stay ready, sell, and say that the broker is away; then everything arrives, all of it soon. */
async function sellThrough(shop: RunningShop, { cut, heal }: Outage, name: string, visitor: Visitor, product: string) {
  await cut();
  await orderSome(visitor, product, 5, `${name}-away`);
  const orders = async () => (await readiness(shop)).filter(({ broker }) => broker === "away");
  const away = await eventually("services say that the broker is away", async () => (await orders())[0]);
  assert.equal(away.code, 200);
  await heal();
  const healed = performance.now();
  await orderSome(visitor, product, 5, `${name}-back`);
  await waitUntilSettled(shop);
  const took = performance.now() - healed;
  assert.ok(took < DRAINED, `it took ${Math.round(took)} ms until nothing was under way`);
  await eventually("all services have the broker back", async () =>
    (await readiness(shop)).every(({ code, broker }) => code === 200 && broker === "connected") ? true : undefined,
  );
}

async function started(t: Cleanup, brokerUrl?: string) {
  const shop = await runShop(t, { dataFolder: await shopFolder(t), brokerUrl });
  const product = await (await shop.admin()).addProduct({ name: "Anchor", price: 4_950 }, 1_000);
  const visitor = await shop.visitor().register("Ann", "ann@mail.example");
  await orderSome(visitor, product.id, 1, "before");
  return { shop, visitor, product: product.id as string };
}

/** The queues of a consumer are gone. They are empty: what is in a queue goes with it. */
async function deleteQueues(node: RabbitmqNode, exchange: string): Promise<void> {
  const connection = await amqplib.connect(node.url);
  const channel = await connection.createChannel();
  for (let partition = 0; partition < 4; partition++) await channel.deleteQueue(`${exchange}.email.${partition}`);
  await connection.close();
}

test("RabbitMQ killed, killed again, and short of a consumer's queues: the shop sells, and all is told", {
  skip: rabbitmqMissing,
}, async (t) => {
  const node = await startRabbitmq(t);
  const { shop, visitor, product } = await started(t, `${node.url}?exchange=outages`);
  const outage: Outage = { cut: () => node.kill(), heal: () => node.start() };
  for (const name of ["first", "second"]) await sellThrough(shop, outage, name, visitor, product);
  await deleteQueues(node, "outages");
  await orderSome(visitor, product, 20, "deleted");
  await orderSome(visitor, product, 5, "after");
  await waitUntilSettled(shop);
  await assertBooksAgree(shop);
});

test("the embedded broker away, and away again: the shop sells, and all is told", async (t) => {
  const { shop, visitor, product } = await started(t, "");
  const server = shop.database("orders");
  const outage: Outage = {
    async cut() {
      await server.query("alter database flotilla_broker with allow_connections false");
      await server.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'flotilla_broker'");
    },
    heal: () => server.query("alter database flotilla_broker with allow_connections true"),
  };
  for (const name of ["first", "second"]) await sellThrough(shop, outage, name, visitor, product);
  await assertBooksAgree(shop);
});
