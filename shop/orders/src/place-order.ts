import { type GroupedTransaction, once } from "@flotilla/chassis/database";
import type { Publish } from "@flotilla/chassis/messaging";
import type { Saga, StartSaga } from "@flotilla/chassis/saga";
import { type Clock, newId } from "@flotilla/chassis/service";
import { type NewOrder, type Order, orderPlaced, productUnknown } from "@flotilla/contracts/orders";
import type { ProductSummary } from "@flotilla/contracts/products";
import type { FindProducts } from "./find-products.ts";
import type { FulfilOrder } from "./fulfil-order.saga.ts";
import { type Customer, factsOf, newOrder, viewOf } from "./order.ts";
import { insertOrder } from "./order-store.ts";

type Needs = {
  transaction: GroupedTransaction;
  publish: Publish;
  startSaga: StartSaga;
  fulfilOrder: Saga<FulfilOrder>;
  findProducts: FindProducts;
  clock: Clock;
};

/**
 * Places an order: one transaction holds the order, its saga and the event. A repeat of `key` by the same customer returns the
 * order as it was first answered. Throws `product_unknown`, `idempotency_key_reused`.
 */
export const placeOrder =
  ({ transaction, publish, startSaga, fulfilOrder, findProducts, clock }: Needs) =>
  async (customer: Customer, key: string, given: NewOrder): Promise<Order> => {
    const known = await findProducts(given.items.map(({ productId }) => productId));
    const keyed = keyOf(customer, key, given);
    return transaction(`${keyed.scope} ${key}`, (tx) =>
      once(tx, keyed, async () => {
        requireKnown(given, known);
        const order = newOrder({ id: newId(), customer, order: given, now: clock.now() }, known);
        await insertOrder(tx, order);
        await startSaga(tx, fulfilOrder, { key: order.id, input: fulfilment(order) });
        await publish(tx, orderPlaced, factsOf(order));
        return viewOf(order);
      }),
    );
  };

/** Keys are the customer's own: another customer's same key is another request. */
export const keyOf = (customer: Customer, key: string, request: NewOrder) => ({
  scope: `place order ${customer.id}`,
  key,
  request,
});

function requireKnown(given: NewOrder, known: ReadonlyMap<string, ProductSummary>): void {
  const errors = given.items.flatMap(({ productId }, index) =>
    known.has(productId) ? [] : [{ path: `/items/${index}/productId`, message: "is not a product of this shop" }],
  );
  if (errors.length > 0) throw productUnknown.failure({ errors });
}

const fulfilment = (order: ReturnType<typeof newOrder>): FulfilOrder => ({
  orderId: order.id,
  userId: order.userId,
  lines: order.items.map(({ productId, quantity }) => ({ productId, quantity })),
  amount: order.total,
  method: order.method,
});
