import { forbidden } from "@flotilla/chassis/failure";
import type { Caller } from "@flotilla/chassis/identity";
import type { Handlers } from "@flotilla/chassis/service";
import type { inventory, Stock } from "@flotilla/contracts/inventory";
import type { releaseStock } from "./reservations/release-stock.ts";
import type { reserveStock } from "./reservations/reserve-stock.ts";
import type { sellStock } from "./reservations/sell-stock.ts";
import type { GetStock } from "./stock/get-stock.ts";
import type { restockProduct } from "./stock/restock-product.ts";
import type { setStock } from "./stock/set-stock.ts";
import type { StockLevel } from "./stock/stock.ts";

type UseCases = {
  getStock: GetStock;
  setStock: ReturnType<typeof setStock>;
  restockProduct: ReturnType<typeof restockProduct>;
  reserveStock: ReturnType<typeof reserveStock>;
  sellStock: ReturnType<typeof sellStock>;
  releaseStock: ReturnType<typeof releaseStock>;
};

/** The handlers of the inventory's calls. */
export const calls = (useCases: UseCases): Handlers<typeof inventory> => ({
  getStock: async ({ params }) => asReply(await useCases.getStock(params.productId)),

  setStock: async ({ params, body }) => asReply(await useCases.setStock(params.productId, body.available)),

  restock: async ({ params, body, caller, key }) => {
    const restock = { productId: params.productId, quantity: body.quantity };
    return asReply(await useCases.restockProduct(restock, userIdOf(caller), key));
  },

  reserveStock: async ({ params: { orderId }, body }) => ({
    orderId,
    state: await useCases.reserveStock(orderId, body.lines),
  }),

  sellStock: async ({ params: { orderId } }) => ({ orderId, state: await useCases.sellStock(orderId) }),

  releaseStock: async ({ params: { orderId } }) => ({ orderId, state: await useCases.releaseStock(orderId) }),
});

const asReply = ({ productId, available, reserved, sold }: StockLevel): Stock => ({
  productId,
  available,
  reserved,
  sold,
});

function userIdOf(caller: Caller): string {
  if (caller.kind !== "user") throw forbidden.failure();
  return caller.id;
}
