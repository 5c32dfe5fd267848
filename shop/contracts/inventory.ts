import { call, contract, event, Fields, Id } from "@flotilla/chassis/contract";
import { idempotencyKeyReused, notFound, refusal } from "@flotilla/chassis/failure";
import { type Static, Type } from "typebox";

export const outOfStock = refusal("out_of_stock", 409, "There is not enough stock");
export const reservationReleased = refusal("reservation_released", 409, "The reservation was released before");
export const reservationMissing = refusal("reservation_missing", 409, "There is no such reservation");
export const reservationMismatch = refusal("reservation_mismatch", 409, "The order has a reservation of other pieces");
export const stockLimitReached = refusal("stock_limit_reached", 409, "A product can't have so many pieces");

/** The most pieces of one product: available, reserved and sold together. */
export const MOST_PIECES = 2_000_000_000;

const Count = Type.Integer({ minimum: 0, maximum: MOST_PIECES });

export const Stock = Fields({ productId: Id, available: Count, reserved: Count, sold: Count });
export type Stock = Static<typeof Stock>;

export const StockLine = Fields({ productId: Id, quantity: Type.Integer({ minimum: 1, maximum: 50_000_000 }) });
export type StockLine = Static<typeof StockLine>;

export const Reservation = Fields({ orderId: Id, state: Type.Enum(["reserved", "sold", "released"]) });
export type Reservation = Static<typeof Reservation>;

export const getStock = call("GET /inventory/{productId}", {
  summary: "The stock of a product",
  access: "public",
  replies: { 200: Stock },
  refuses: [notFound],
});

export const setStock = call("PUT /inventory/{productId}", {
  summary: "Set how many pieces can be reserved",
  access: "admin",
  body: Fields({ available: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }) }),
  replies: { 200: Stock },
  refuses: [notFound, stockLimitReached],
});

export const restock = call("POST /inventory/{productId}/restock", {
  summary: "Add pieces",
  access: "admin",
  idempotencyKey: "optional",
  body: Fields({ quantity: Type.Integer({ minimum: 1, maximum: 1_000_000 }) }),
  replies: { 200: Stock },
  refuses: [notFound, stockLimitReached, idempotencyKeyReused],
});

/** All lines or none. A repeat is the same reservation; one that was released (even before it was made) is refused. */
export const reserveStock = call("PUT /reservations/{orderId}", {
  summary: "Reserve the pieces of an order",
  access: "internal",
  body: Fields({ lines: Type.Array(StockLine, { minItems: 1, maxItems: 50 }) }),
  replies: { 200: Reservation },
  refuses: [outOfStock, reservationReleased, reservationMismatch],
});

/** Reserved pieces become sold. A reservation that ran out is made again if the stock is still there. */
export const sellStock = call("PUT /reservations/{orderId}/sale", {
  summary: "Turn a reservation into a sale",
  access: "internal",
  replies: { 200: Reservation },
  refuses: [outOfStock, reservationReleased, reservationMissing],
});

/** Gives reserved or sold pieces back. Without a reservation it leaves a tombstone, so that a late `reserveStock` is refused. */
export const releaseStock = call("DELETE /reservations/{orderId}", {
  summary: "Give the pieces of an order back",
  access: "internal",
  replies: { 200: Reservation },
});

export const stockChanged = event("stock.changed", {
  key: "productId",
  body: Fields({
    productId: Id,
    available: Count,
    reserved: Count,
    sold: Count,
    version: Type.Integer({ minimum: 1, description: "Grows by one with each change of this product's stock" }),
  }),
});

export const inventory = contract("inventory", {
  calls: { getStock, setStock, restock, reserveStock, sellStock, releaseStock },
  events: { stockChanged },
});
