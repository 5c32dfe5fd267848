import type { BodyOf } from "@flotilla/chassis/contract";
import { type Database, groupTransactions } from "@flotilla/chassis/database";
import { notFound } from "@flotilla/chassis/failure";
import type { Publish } from "@flotilla/chassis/messaging";
import type { Saga } from "@flotilla/chassis/saga";
import { systemClock } from "@flotilla/chassis/service";
import { createLog } from "@flotilla/chassis/telemetry";
import { type Cleanup, testDatabase } from "@flotilla/chassis/testing";
import type { stockChanged } from "@flotilla/contracts/inventory";
import { createSagaRunner } from "../../../chassis/src/saga/saga-runner.ts";
import { createStartSaga } from "../../../chassis/src/saga/start-saga.ts";
import { type ExpireReservation, expireReservation } from "./reservations/expire-reservation.saga.ts";
import { expireUnpaid } from "./reservations/expire-reservation.ts";
import { releaseStock } from "./reservations/release-stock.ts";
import { reserveStock } from "./reservations/reserve-stock.ts";
import { sellStock } from "./reservations/sell-stock.ts";
import { type Catalogue, getStock } from "./stock/get-stock.ts";
import { moveStock } from "./stock/move-stock.ts";
import { restockProduct } from "./stock/restock-product.ts";
import { setStock } from "./stock/set-stock.ts";

type StockChanged = BodyOf<typeof stockChanged>;

/** The use cases of the inventory on a database of their own, the events they published, and a catalogue to fill. */
export async function inventoryUnderTest(t: Cleanup, { reservationSeconds = 900 } = {}) {
  const { database } = await testDatabase(t, [
    { name: "database", folder: new URL("../../../chassis/src/database/migrations/", import.meta.url) },
    { name: "saga", folder: new URL("../../../chassis/src/saga/migrations/", import.meta.url) },
    { name: "inventory", folder: new URL("../migrations/", import.meta.url) },
  ]);
  const events: StockChanged[] = [];
  const publish: Publish = async (tx, _event, body) => tx.afterCommit(() => events.push(body as StockChanged));
  const inCatalogue = new Set<string>();
  const catalogue = {
    async getProduct({ params }: { params: { id: string } }) {
      if (!inCatalogue.has(params.id)) throw notFound.failure();
    },
  } as unknown as Catalogue;
  const move = moveStock(publish);
  const find = getStock({ database, catalogue });
  const needs = { database, transaction: groupTransactions(database), move, getStock: find };
  const set = setStock(needs);
  const expire = expireUnpaid(needs);
  const { startSaga, runSagas } = sagasUnderTest(t, database, expireReservation({ expire }));
  return {
    database,
    events,
    inCatalogue,
    move,
    getStock: find,
    setStock: set,
    restock: restockProduct(needs),
    reserve: reserveStock({
      ...needs,
      startSaga,
      expireReservation: expireReservation({ expire }),
      reservationSeconds,
    }),
    runSagas,
    sell: sellStock(needs),
    release: releaseStock(needs),
    /** What the saga does when its time has come. */
    expire: (orderId: string) => database.transaction((tx) => expire(tx, orderId)),
    /** A product in the catalogue with so many pieces. */
    async stocked(productId: string, available: number) {
      inCatalogue.add(productId);
      await set(productId, available);
    },
    /** Available, reserved, sold. */
    async pieces(productId: string): Promise<[number, number, number]> {
      const { available, reserved, sold } = await find(productId);
      return [available, reserved, sold];
    },
    /** Lets the time of an order's reservation pass. */
    runOut: (orderId: string) =>
      database.query("update reservation set expires_at = now() - interval '1 second' where order_id = $1", [orderId]),
  };
}

/** Starts sagas, and runs none before it is told to. */
function sagasUnderTest(t: Cleanup, database: Database, expiry: Saga<ExpireReservation>) {
  const log = createLog({ service: "test", level: "silent" });
  const options = { database, owner: "test", clock: systemClock, log, sagas: [expiry], pollInterval: 50 };
  const runner = createSagaRunner(options);
  t.after(() => runner.stop());
  return {
    startSaga: createStartSaga({ owner: "test", onCommit: (instance) => runner.run(instance) }),
    runSagas: () => runner.start(),
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
