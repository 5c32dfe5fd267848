import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import type { Order } from "@flotilla/contracts/orders";
import { listen, notificationIds } from "../../fixtures/listener.ts";
import { eventually, type Visitor } from "../../fixtures/visitor.ts";
import { mailOf, providerNet, statuses, stockOf } from "../../fixtures/witnesses.ts";
import { somebodyWaits, whileLocked } from "../faults/held-lock.ts";
import { assertBooksAgree, waitUntilSettled } from "../fixtures/books.ts";
import { reservationOf, waitForCapture, waitForReservations } from "../fixtures/order-traces.ts";
import { finalOrder, orderOf, placeStubbornly } from "../fixtures/patient-customer.ts";
import { type RunningShop, runShop, shopFolder } from "../fixtures/running-shop.ts";

let shop: RunningShop;
let admin: Visitor;
let customers = 0;

before(async () => {
  shop = await runShop(fileCleanup, { dataFolder: await shopFolder(fileCleanup) });
  admin = await shop.admin();
});

/** A new customer, whose welcome has been sent. */
async function customer(): Promise<Visitor> {
  const visitor = await shop.visitor().register("Ann", `ann-${++customers}@mail.example`);
  await mailOf({ admin }, visitor.user.email, 1);
  return visitor;
}

/** An order of one piece, placed whatever happens; its id. */
const placed = async (visitor: Visitor, productId: string): Promise<string> =>
  (await placeStubbornly(visitor, orderOf(productId, 1), randomUUID())).id;

/** The letters beside the welcome. */
const lettersTo = async ({ user }: Visitor) => (await mailOf({ admin }, user.email, 2)).length - 1;

test("orders that are killed between charge and confirm are charged once, and confirmed after the restart", async () => {
  const product = await admin.addProduct({ name: "Anchor", price: 4_950 }, 10);
  const ann = await customer();
  try {
    // The charge waits until inventory stands still, and so the sale waits until orders is dead.
    const id = await whileLocked(shop.database("payments"), "lock table payment", async () => {
      const { id } = await placeStubbornly(ann, orderOf(product.id, 2), "anchor");
      await waitForReservations(shop, [id], 1);
      // Orders has heard of it: inventory may be stopped between its commit and its answer.
      await somebodyWaits(shop.database("payments"), "insert into payment");
      await shop.kill("inventory", "SIGSTOP");
      return id;
    });
    await waitForCapture(shop, id);
    const killed = await shop.kill("orders");
    assert.equal(await reservationOf(shop, id), "reserved");
    await shop.kill("inventory", "SIGCONT");
    await shop.restarted("orders", killed);

    const order = await finalOrder(ann, id);
    assert.deepEqual(statuses(order), ["pending", "confirmed"]);
    assert.equal(await providerNet(shop, id), 9_900);
    assert.deepEqual(await stockOf(ann, product.id), { available: 8, reserved: 0, sold: 2 });
    await waitUntilSettled(shop);
    assert.equal(await lettersTo(ann), 1);
    await assertBooksAgree(shop);
  } finally {
    await shop.kill("inventory", "SIGCONT");
  }
});

test("inventory that is killed during a reservation reserves once after the restart", async () => {
  const product = await admin.addProduct({ name: "Buoy", price: 1_000 }, 3);
  const ann = await customer();
  const inventory = shop.database("inventory");
  const [id, killed] = await whileLocked(
    inventory,
    `select from stock where product_id = '${product.id}' for update`,
    async () => {
      const { id } = await placeStubbornly(ann, orderOf(product.id, 1), "buoy");
      await somebodyWaits(inventory, "from stock where product_id = any");
      return [id, await shop.kill("inventory")] as const;
    },
  );
  await shop.restarted("inventory", killed);

  assert.equal((await finalOrder(ann, id)).status, "confirmed");
  assert.deepEqual(await stockOf(ann, product.id), { available: 2, reserved: 0, sold: 1 });
  await waitUntilSettled(shop);
  assert.equal(await lettersTo(ann), 1);
  await assertBooksAgree(shop);
});

/** What twenty customers pay with. */
const methods = [
  ...["pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_flaky", "pm_card_lost_answer"],
  ...["pm_card_visa", "pm_card_visa", "pm_card_lost_answer", "pm_card_declined", "pm_card_insufficient_funds"],
];

test("with payments, orders and email killed under twenty orders, each is final, charged or not, and told once", async () => {
  const product = await admin.addProduct({ name: "Compass", price: 700 }, 1_000);
  const ann = await customer();
  const placeAll = () =>
    Promise.all(
      [...methods, ...methods].map((method, index) =>
        placeStubbornly(ann, orderOf(product.id, 1, method), `compass-${index}`),
      ),
    );
  const [placed, payments, orders] = await whileLocked(shop.database("payments"), "lock table payment", async () => {
    const placed = await placeAll();
    await waitForReservations(
      shop,
      placed.map(({ id }) => id),
      20,
    );
    await somebodyWaits(shop.database("payments"), "insert into payment");
    return [placed, await shop.kill("payments"), await shop.kill("orders")] as const;
  });
  const email = await whileLocked(shop.database("email"), "lock table mail", async () => {
    await somebodyWaits(shop.database("email"), "insert into mail");
    return shop.kill("email");
  });
  await Promise.all([
    shop.restarted("payments", payments),
    shop.restarted("orders", orders),
    shop.restarted("email", email),
  ]);

  const finals = await Promise.all(placed.map(({ id }) => finalOrder(ann, id)));
  const sold = finals.filter(({ status }) => status === "confirmed").length;
  assert.deepEqual(finals.map(outcome), [...methods, ...methods].map(expectedOutcome));
  assert.deepEqual(await stockOf(ann, product.id), { available: 1_000 - sold, reserved: 0, sold });
  await waitUntilSettled(shop);
  assert.equal(await lettersTo(ann), 20);
  await assertBooksAgree(shop);
  const repeated = await placeAll();
  assert.deepEqual(repeated, placed);
});

const outcome = ({ status, reason }: Order) => (reason ? `${status}: ${reason}` : status);
const refusals: Record<string, string> = {
  pm_card_declined: "rejected: payment_declined",
  pm_card_insufficient_funds: "rejected: insufficient_funds",
};
const expectedOutcome = (method: string) => refusals[method] ?? "confirmed";

test("a process that keeps dying is started again after waits that may grow, and run.json follows", async () => {
  for (const most of [200, 400, 800]) {
    const before = await shop.where();
    const killed = await shop.kill("notifications");
    const { pid, url } = await shop.restarted("notifications", killed);
    assert.deepEqual(await shop.where(), {
      ...before,
      services: { ...before.services, notifications: [{ pid, url }] },
    });
    assert.equal((await fetch(new URL("/health/ready", url))).status, 200);
    const told = Array.from(shop.output().matchAll(/notifications-1 .*SIGKILL, starts again in (\d+) ms/g));
    assert.ok(Number(told.at(-1)?.[1]) <= most);
  }
});

test("a stream ends with whole events when its service is killed or the gateway stops, and goes on where it was", async () => {
  const product = await admin.addProduct({ name: "Deck lamp", price: 700 }, 10);
  const ann = await customer();
  const untilTold = (count: number) =>
    eventually(`${count} notifications`, async () => {
      const ids = await notificationIds(ann).catch(() => []);
      return ids.length >= count ? ids : undefined;
    });
  const [account = ""] = await untilTold(1);
  let last = account;
  for (const [service, signal] of [["notifications", "SIGKILL"] as const, ["gateway", "SIGTERM"] as const]) {
    const stream = await listen(ann, last);
    assert.equal((await finalOrder(ann, await placed(ann, product.id))).status, "confirmed");
    const before = await stream.next();
    const killed = await shop.kill(service, signal);
    if (signal === "SIGKILL") await assert.rejects(stream.next());
    else assert.equal(await stream.next(), undefined);
    assert.equal(stream.rest(), "");
    assert.equal((await finalOrder(ann, await placed(ann, product.id))).status, "confirmed");
    await shop.restarted(service, killed);
    const ids = await untilTold(service === "gateway" ? 5 : 3);

    const again = await listen(ann, before?.id);
    last = (await again.next())?.id ?? "";
    await again.leave();
    assert.deepEqual([before?.id, last], ids.slice(-2));
  }
});

test("the shop that all of that happened to is healthy", async () => {
  const { status, body } = await shop.visitor().ask("GET", "/api/health");
  assert.deepEqual([status, body.status], [200, "healthy"]);
});
