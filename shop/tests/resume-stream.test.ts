import assert from "node:assert/strict";
import { before, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { listen, notificationIds } from "./fixtures/listener.ts";
import { type Shop, startShop } from "./fixtures/shop.ts";
import { eventually, type Visitor } from "./fixtures/visitor.ts";

let shop: Shop;
let productId: string;
before(async () => {
  shop = await startShop(fileCleanup);
  productId = (await shop.admin.addProduct({ name: "Log line", price: 100 }, 1_000)).id;
});

/** A new customer, who has so many notifications: of the account, and of orders. */
async function told(count: number): Promise<Visitor> {
  const ann = await shop.customer();
  await orders(ann, count - 1);
  await untilTold(ann, count);
  return ann;
}

const orders = (ann: Visitor, count: number) =>
  Promise.all(Array.from({ length: count }, () => ann.order(productId, 1)));

const untilTold = (ann: Visitor, count: number) =>
  eventually(`${count} notifications`, async () => {
    const ids = await notificationIds(ann);
    return ids.length === count ? ids : undefined;
  });

test("who comes back after a broken connection hears what happened meanwhile, in order and once", async () => {
  const ann = await told(1);
  const stream = await listen(ann);
  await orders(ann, 2);
  const heard = [await stream.next(), await stream.next()].map((notification) => notification?.id);
  await stream.leave();
  await orders(ann, 3);
  await untilTold(ann, 6);

  const again = await listen(ann, heard[1]);
  await orders(ann, 1);
  const ids = await untilTold(ann, 7);
  assert.deepEqual(heard, ids.slice(1, 3));
  for (const id of ids.slice(3)) assert.equal((await again.next())?.id, id);
  await again.leave();
});

test("whoever comes back every two notifications, while they come, hears all of them in order and once", async () => {
  const ann = await told(1);
  const heard = await notificationIds(ann);
  let hears = true;
  const ordering = (async () => {
    // Whatever is missed, there is something to hear: a fault shows at once.
    while (hears) await orders(ann, 4);
  })();
  while (heard.length < 21) {
    const stream = await listen(ann, heard.at(-1));
    for (let count = 1; count <= 2; count++) heard.push((await stream.next())?.id ?? "the stream ended");
    await stream.leave();
  }
  hears = false;
  await ordering;
  assert.deepEqual(heard, (await notificationIds(ann)).slice(0, heard.length));
});

test("a stream ends with whole events when its service or the gateway stops, and goes on with the next", async () => {
  let ann = await told(1);
  const [first] = await notificationIds(ann);
  for (const stopping of ["notifications", "gateway"]) {
    const stream = await listen(ann, first);
    const restarted = shop.restart(stopping);
    assert.equal(await stream.next(), undefined);
    assert.equal(stream.rest(), "");
    await restarted;
    // A gateway in this process has another address then.
    ann = Object.assign(shop.visitor(), { session: ann.session });
  }
  await orders(ann, 1);
  const [, second] = await untilTold(ann, 2);
  const stream = await listen(ann, first);
  await orders(ann, 1);
  assert.equal((await stream.next())?.id, second);
  await stream.leave();
});
