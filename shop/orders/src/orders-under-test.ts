import type { User } from "@flotilla/chassis/identity";
import type { Publish } from "@flotilla/chassis/messaging";
import type { StartSaga } from "@flotilla/chassis/saga";
import { systemClock } from "@flotilla/chassis/service";
import { type Cleanup, testDatabase } from "@flotilla/chassis/testing";
import { euros } from "@flotilla/contracts/money";
import type { NewOrder } from "@flotilla/contracts/orders";
import type { ProductSummary } from "@flotilla/contracts/products";
import { useCases } from "./service.ts";

export const ann: User = { kind: "user", id: "ann", name: "Ann", role: "customer", session: "s1" };
export const bob: User = { ...ann, id: "bob", name: "Bob" };
export const admin: User = { ...ann, id: "root", name: "Root", role: "admin" };

export const orderOf = (productId: string, quantity = 1): NewOrder => ({
  items: [{ productId, quantity }],
  payment: { method: "pm_card_visa" },
});

const catalogue: readonly ProductSummary[] = [{ id: "rope", name: "Rope", price: euros(1_250) }];

/** The use cases of orders on a database of their own, with what they published and the sagas they started. */
export async function ordersUnderTest(t: Cleanup) {
  const { database } = await testDatabase(t, [
    { name: "database", folder: new URL("migrations/", import.meta.resolve("@flotilla/chassis/database")) },
    { name: "orders", folder: new URL("../migrations/", import.meta.url) },
  ]);
  const events: [type: string, body: object][] = [];
  const publish: Publish = async (tx, { type }, body) =>
    tx.afterCommit(() => void events.push([type, body as unknown as object]));
  const started: [saga: string, key: string, input: object][] = [];
  const startSaga: StartSaga = async (tx, saga, { key, input }) =>
    tx.afterCommit(() => void started.push([saga.name, key, input]));
  const changed: string[] = [];
  const nobody = () => Promise.reject(new Error("no neighbour is asked here"));
  const neighbours = {
    inventory: { reserveStock: nobody, sellStock: nobody, releaseStock: nobody },
    payments: { chargePayment: nobody, refundPayment: nobody },
    products: {
      summariseProducts: async ({ query }: { query?: { ids?: string } }) => ({
        items: catalogue.filter(({ id }) => query?.ids?.split(",").includes(id)),
      }),
    },
  };
  const { conclusions, placeOrder, requestCancellation } = useCases({
    database,
    publish,
    startSaga,
    clock: systemClock,
    changed: ({ id }) => void changed.push(id),
    ...neighbours,
  });
  return {
    database,
    events,
    started,
    changed,
    place: placeOrder,
    cancel: requestCancellation,
    confirm: (id: string) => database.transaction((tx) => conclusions.confirm(tx, id)),
    reject: (id: string, reason: string) => database.transaction((tx) => conclusions.reject(tx, id, reason)),
    recordCancellation: (id: string) => database.transaction((tx) => conclusions.recordCancellation(tx, id)),
  };
}
