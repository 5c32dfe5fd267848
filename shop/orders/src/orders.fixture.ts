import type { Transaction } from "@flotilla/chassis/database";
import { type Cleanup, hangs, serviceUnderTest } from "@flotilla/chassis/testing";
import { euros } from "@flotilla/contracts/money";
import type { NewOrder } from "@flotilla/contracts/orders";
import type { ProductSummary } from "@flotilla/contracts/products";
import { service, useCases } from "./service.ts";

export const orderOf = (productId: string, quantity = 1): NewOrder => ({
  items: [{ productId, quantity }],
  payment: { method: "pm_card_visa" },
});

const catalogue: readonly ProductSummary[] = [{ id: "rope", name: "Rope", price: euros(1_250) }];

/**
 * The orders service beside a catalogue with a rope. Nobody answers its sagas, so that orders stay as they are until a test concludes them;
 * `changed` is told of whom.
 */
export async function ordersUnderTest(t: Cleanup) {
  const under = await serviceUnderTest(t, service, {
    neighbours: {
      inventory: { reserveStock: hangs, releaseStock: hangs },
      payments: { refundPayment: hangs },
      products: {
        summariseProducts: async ({ query: { ids } }) => ({
          items: catalogue.filter(({ id }) => ids.split(",").includes(id)),
        }),
      },
    },
  });
  const { parts, database } = under;
  const changed: string[] = [];
  const { conclusions } = useCases({ ...parts, ...parts.clients, changed: ({ id }) => void changed.push(id) });
  const conclude = (work: (tx: Transaction) => Promise<unknown>) => database.transaction(work);
  return {
    ...under,
    changed,
    ann: under.customer("ann", { name: "Ann" }),
    bob: under.customer("bob", { name: "Bob" }),
    confirm: (id: string) => conclude((tx) => conclusions.confirm(tx, id)),
    reject: (id: string, reason: string) => conclude((tx) => conclusions.reject(tx, id, reason)),
    recordCancellation: (id: string) => conclude((tx) => conclusions.recordCancellation(tx, id)),
    types: async () => (await under.published()).map(({ type }) => type),
    sagas: () =>
      database.query<{ name: string; key: string; input: { lines?: unknown } }>(
        "select name, key, input from saga order by id",
      ),
  };
}
