import assert from "node:assert/strict";
import { before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileCleanup } from "@flotilla/chassis/testing";
import type { Product } from "@flotilla/contracts/products";
import type { FaultProxy } from "../../../../chassis/src/testing/fault-proxy/fault-proxy.ts";
import { type BothWays, noAnswers, noRequests, partition } from "../../../../chassis/src/testing/fault-proxy/faults.ts";
import { eventually, type Visitor } from "../../fixtures/visitor.ts";
import { orderOf } from "../fixtures/patient-customer.ts";
import { directCaller, type PartitionedShop, partitionedShop, type Timed } from "./partitioned-shop.ts";

/* F-08 and F-09 in short: each kind of network fails in each way for a while; nothing outlives its deadline. */
const DEADLINE = 800;
/** What a caller waits at most beyond the deadline, apart from what the machine itself holds everybody up: faults last longer. */
const GRACE = 1_000;

let shop: PartitionedShop;
let ann: Visitor;
let product: Product;
const ask = directCaller(fileCleanup);

before(async () => {
  shop = await partitionedShop(fileCleanup);
  product = await (await shop.admin()).addProduct({ name: "Barometer", price: 8_000 }, 100_000);
  ann = await shop.visitor().register("Ann", "ann@mail.example");
  assert.equal((await ann.order(product.id, 1)).status, "confirmed");
});

const read = () => ask(`${shop.urls["products"]}/products?limit=1&search=${Math.random()}`, DEADLINE);
const place = (deadline = DEADLINE) =>
  ask(`${shop.urls["orders"]}/orders`, deadline, {
    method: "POST",
    token: ann.session?.accessToken ?? "",
    body: orderOf(product.id, 1),
  });

/** What was asked while a fault lasted; and, of the same processes at the same time, what needs nothing behind them. */
type Asked = { readonly answers: readonly Timed[]; readonly signsOfLife: readonly Timed[] };

/** Asks ten times a second for so long while the fault lasts: each time it strikes anew. */
async function during(fault: () => unknown, work: () => Promise<Timed>, milliseconds: number): Promise<Asked> {
  const asked: Promise<Timed>[] = [];
  const alive: Promise<Timed>[] = [];
  const live = (service: string) => ask(`${shop.urls[service]}/health/live`, 60_000);
  for (let time = 0; time < milliseconds; time += 100) {
    fault();
    asked.push(work());
    // Under way when the answer is due.
    alive.push(...["orders", "products"].map((service) => delay(DEADLINE).then(() => live(service))));
    await delay(100);
  }
  return { answers: await Promise.all(asked), signsOfLife: await Promise.all(alive) };
}

function assertInTime({ answers, signsOfLife }: Asked): void {
  const held = Math.max(...signsOfLife.map(({ took }) => took));
  const late = Math.max(...answers.map(({ took }) => took - DEADLINE));
  assert.ok(
    late <= GRACE + held,
    `one was ${Math.round(late)} ms late, while a sign of life took ${Math.round(held)} ms`,
  );
  assert.ok(
    answers.every(({ status }) => status !== 0),
    "each is answered",
  );
}

const statuses = ({ answers }: Asked) => answers.map(({ status }) => status);

/** Soon after the network is well, so is the shop: seconds, however busy the machine, and not the minutes of a connection that is lost. */
async function assertRecovers(work: () => Promise<Timed>): Promise<void> {
  const healed = performance.now();
  for (let row = 0; row < 5; ) {
    const well = (await work()).status < 300;
    row = well ? row + 1 : 0;
    assert.ok(performance.now() - healed < 30_000, "it never works again");
    if (!well) await delay(50);
  }
}

const ways: Record<string, BothWays> = {
  "either way": partition,
  "on the way back": noAnswers,
  "on the way there": noRequests,
};

for (const [way, faults] of Object.entries(ways)) {
  test(`a database that can't be reached ${way}: each call is answered in time, and works again soon after`, async () => {
    const asked = await during(() => shop.database.set(faults), read, 2_000);
    shop.database.heal();
    assertInTime(asked);
    assert.ok(statuses(asked).filter((status) => status >= 500).length >= 10, "the fault was there");
    await assertRecovers(read);
  });

  test(`a service that can't be reached ${way}: its callers are answered in time, and work again soon after`, async () => {
    const proxy = shop.peers["products"];
    const asked = await during(() => proxy?.set(faults), place, 2_500);
    proxy?.heal();
    assertInTime(asked);
    assert.ok(statuses(asked).filter((status) => status >= 500).length >= 10, "the fault was there");
    await assertRecovers(place);
  });

  test(`a broker that can't be reached ${way}: orders are taken all the same`, async () => {
    const asked = await during(
      () => shop.broker.set(faults),
      () => place(10_000),
      1_500,
    );
    shop.broker.heal();
    assert.deepEqual(new Set(statuses(asked)), new Set([202]));
  });
}

/* F-09 in short: what else networks do. Each strikes the connections that there are, and returns how many. */
const troubles: Record<string, (proxy: FaultProxy) => number> = {
  "is slow and uneven": lasting({ toServer: { delay: 100, jitter: 200 }, toClient: { delay: 100, jitter: 200 } }),
  "cuts answers off": lasting({ toClient: { cutAfter: 100 } }),
  "resets connections": (proxy) => proxy.reset(),
  "loses the other side without a word": (proxy) => proxy.halfOpen("server"),
  "forgets connections": (proxy) => proxy.forget(),
};

function lasting(faults: BothWays) {
  return (proxy: FaultProxy) => {
    proxy.set(faults);
    return proxy.connections();
  };
}

for (const [whom, work] of [
  ["the database", read],
  ["products", place],
] as const) {
  for (const [what, strike] of Object.entries(troubles)) {
    test(`a network to ${whom} that ${what}: each call is answered in time, and works again soon after`, async () => {
      const proxy = whom === "products" ? shop.peers["products"] : shop.database;
      assert.ok(proxy);
      // Their sagas are under way when it strikes.
      await Promise.all([place(10_000), place(10_000), place(10_000)]);
      let struck = 0;
      const asked = await during(() => (struck += strike(proxy)), work, 1_200);
      proxy.heal();
      assertInTime(asked);
      assert.ok(struck > 0, "the fault was there");
      await assertRecovers(work);
    });
  }
}

/** Milliseconds: a step that failed again and again waits up to 30 s until it is tried once more. */
const LONGEST_WAIT = 90_000;

test("after all that every order is final", async () => {
  const isNonePending = async () => {
    // At a pace that no limit of requests notices.
    await delay(250);
    const { status, body } = await ann.ask("GET", "/api/orders?limit=100");
    return status === 200 && body.items.every((order: { status: string }) => order.status !== "pending")
      ? true
      : undefined;
  };
  await eventually("no order is pending", isNonePending, LONGEST_WAIT);
});
