import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../visitor.ts";
import { assertBooksAgree, waitUntilSettled } from "./books.ts";
import { somebodyWaits, whileLocked } from "./held-lock.ts";
import { waitForReservations } from "./order-traces.ts";
import { finalOrder, orderOf, placeStubbornly } from "./patient-customer.ts";
import { runShop, shopFolder } from "./running-shop.ts";

test("orders, inventory and payments are killed while sagas reserve, charge, confirm and refund: each goes on and ends once", async (t) => {
  const shop = await runShop(t, { dataFolder: await shopFolder(t) });
  const admin = await shop.admin();
  const ann = await shop.visitor().register("Ann", "ann@mail.example");
  const [near, far] = [
    await admin.addProduct({ name: "Anchor", price: 1_000 }, 10),
    await admin.addProduct({ name: "Bell", price: 500 }, 10),
  ];
  const [orders, inventory, payments] = ["orders", "inventory", "payments"].map(shop.database) as [
    ReturnType<typeof shop.database>,
    ReturnType<typeof shop.database>,
    ReturnType<typeof shop.database>,
  ];
  const atStep = (id: string, name: string, step: string) =>
    eventually(`order ${id} is at "${step}"`, async () => {
      const found = await orders.query("select 1 from saga where key = $1 and name = $2 and step = $3", [
        id,
        name,
        step,
      ]);
      return found.length === 1 || undefined;
    });

  const refunding = await placeStubbornly(ann, orderOf(near.id, 1), "refunding");
  await finalOrder(ann, refunding.id);
  const confirming = await placeStubbornly(ann, orderOf(near.id, 1, "pm_card_slow"), "confirming");
  const lockedOrder = `select from orders where id = '${confirming.id}' for update`;
  const lockedStock = `select from stock where product_id = '${far.id}' for update`;

  const [charging, reserving, killed] = await whileLocked(orders, lockedOrder, async () => {
    await atStep(confirming.id, "fulfil order", "confirm order");
    return whileLocked(payments, "lock table payment", () =>
      whileLocked(inventory, lockedStock, async () => {
        await ann.ask("POST", `/api/orders/${refunding.id}/cancel`);
        const charging = await placeStubbornly(ann, orderOf(near.id, 1), "charging");
        const reserving = await placeStubbornly(ann, orderOf(far.id, 1), "reserving");
        await waitForReservations(shop, [charging.id], 1);
        await atStep(charging.id, "fulfil order", "charge payment");
        await atStep(refunding.id, "cancel order", "refund payment");
        await somebodyWaits(inventory, "update stock");
        const services = ["orders", "inventory", "payments"];
        const killed = await Promise.all(services.map(async (name) => [name, await shop.kill(name)] as const));
        return [charging, reserving, killed] as const;
      }),
    );
  });
  await Promise.all(killed.map(([name, pid]) => shop.restarted(name, pid)));

  for (const { id } of [confirming, charging, reserving]) assert.equal((await finalOrder(ann, id)).status, "confirmed");
  await eventually("the order is cancelled", async () => {
    const answer = await ann.ask("GET", `/api/orders/${refunding.id}`).catch(() => undefined);
    return answer?.body.status === "cancelled" || undefined;
  });
  await waitUntilSettled(shop);
  await assertBooksAgree(shop);
});
