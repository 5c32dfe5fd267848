import assert from "node:assert/strict";
import type { Database } from "@flotilla/chassis/database";
import { notFound } from "@flotilla/chassis/failure";
import { type Cleanup, serviceUnderTest } from "@flotilla/chassis/testing";
import { type StockLine, stockChanged } from "@flotilla/contracts/inventory";
import { euros } from "@flotilla/contracts/money";
import { productCreated, productDeleted } from "@flotilla/contracts/products";
import { expireUnpaid } from "./reservations/expire-reservation.ts";
import { service } from "./service.ts";
import { moveStock } from "./stock/move-stock.ts";

const facts = { name: "Mug", price: euros(100), category: "kitchen", version: 1 };
const at = "2030-01-01T00:00:00Z";

/** The inventory beside a catalogue to fill, as administrators stock it and orders reserve from it. */
export async function inventoryUnderTest(t: Cleanup, { reservationSeconds = 900 } = {}) {
  const inCatalogue = new Set<string>();
  const under = await serviceUnderTest(t, service, {
    settings: { RESERVATION_SECONDS: `${reservationSeconds}` },
    neighbours: {
      products: {
        async getProduct({ params: { id } }) {
          if (!inCatalogue.has(id)) throw notFound.failure();
          return { id, ...facts, description: "", imageUrl: "/mug.svg", available: 0, createdAt: at, updatedAt: at };
        },
      },
    },
  });
  const { database, publish } = under;
  const [orders, admin] = [under.service(), under.admin()];
  const expire = expireUnpaid({ move: moveStock(under.parts.publish) });
  const getStock = (productId: string) => under.anonymous.getStock({ params: { productId } });
  const setStock = (productId: string, available: number) =>
    admin.setStock({ params: { productId }, body: { available } });
  return {
    ...under,
    inCatalogue,
    getStock,
    setStock,
    /** Adds pieces, as an administrator with or without an idempotency key. */
    restock: (productId: string, quantity: number, by: { id?: string; key?: string } = {}) =>
      under.admin(by.id).restock({ params: { productId }, body: { quantity }, ...(by.key && { key: by.key }) }),
    reserve: async (orderId: string, lines: StockLine[]) =>
      (await orders.reserveStock({ params: { orderId }, body: { lines } })).state,
    sell: async (orderId: string) => (await orders.sellStock({ params: { orderId } })).state,
    release: async (orderId: string) => (await orders.releaseStock({ params: { orderId } })).state,
    events: () => under.published(stockChanged),
    created: async (productId: string, initialStock: number) =>
      assert.equal(await publish(productCreated, { productId, initialStock, ...facts }), "handled"),
    deleted: async (productId: string) =>
      assert.equal(await publish(productDeleted, { productId, version: 2 }), "handled"),
    /** What the saga does when its time has come. */
    expire: (orderId: string) => database.transaction((tx) => expire(tx, orderId)),
    /** A product in the catalogue with so many pieces. */
    async stocked(productId: string, available: number) {
      inCatalogue.add(productId);
      await setStock(productId, available);
    },
    /** Available, reserved, sold. */
    async pieces(productId: string): Promise<[number, number, number]> {
      const { available, reserved, sold } = await getStock(productId);
      return [available, reserved, sold];
    },
    /** Lets the time of an order's reservation pass. */
    runOut: (orderId: string) =>
      database.query("update reservation set expires_at = now() - interval '1 second' where order_id = $1", [orderId]),
  };
}

/** The rows of products whose journal does not add up to their balance, or whose changes are not all in it. */
export const unbalanced = (database: Database) =>
  database.query(
    `select s.product_id, s.available, s.reserved, s.sold, s.version from stock s
       left join lateral (select coalesce(sum(available), 0) as available, coalesce(sum(reserved), 0) as reserved,
         coalesce(sum(sold), 0) as sold, count(distinct version) as movements from stock_movement m where m.product_id = s.product_id) j on true
      where (s.available, s.reserved, s.sold, s.version) <> (j.available, j.reserved, j.sold, j.movements)`,
  );
