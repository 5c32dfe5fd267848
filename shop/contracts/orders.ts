import {
  call,
  contract,
  event,
  Fields,
  Id,
  Nullable,
  OneOf,
  Page,
  PageQuery,
  Personal,
  Time,
} from "@flotilla/chassis/contract";
import { idempotencyKeyReused, notFound, refusal } from "@flotilla/chassis/failure";
import { type Static, Type } from "typebox";
import { Money, Price } from "./money.ts";
import { PaymentMethod } from "./payments.ts";

export const productUnknown = refusal("product_unknown", 422, "A product of the order does not exist");
export const orderNotCancellable = refusal("order_not_cancellable", 409, "Only a confirmed order can be cancelled");

export const OrderStatus = OneOf("pending", "confirmed", "rejected", "cancelled");
export type OrderStatus = Static<typeof OrderStatus>;

export const OrderItem = Fields({
  productId: Id,
  name: Type.String(),
  quantity: Type.Integer({ minimum: 1 }),
  unitPrice: Price,
});
export type OrderItem = Static<typeof OrderItem>;

export const Order = Fields({
  id: Id,
  userId: Id,
  userName: Personal(Type.String()),
  status: OrderStatus,
  items: Type.Array(OrderItem),
  total: Money,
  reason: Nullable(Type.String({ description: "Why it was rejected: out_of_stock, payment_declined, …" })),
  createdAt: Time,
  updatedAt: Time,
  history: Type.Array(Fields({ status: OrderStatus, at: Time })),
});
export type Order = Static<typeof Order>;

export const NewOrder = Fields({
  items: Type.Array(Fields({ productId: Id, quantity: Type.Integer({ minimum: 1, maximum: 1_000_000 }) }), {
    minItems: 1,
    maxItems: 50,
  }),
  payment: Fields({ method: PaymentMethod }),
});
export type NewOrder = Static<typeof NewOrder>;

export const placeOrder = call("POST /orders", {
  summary: "Place an order; with `Prefer: wait=N` the answer waits until it is final",
  access: "customer",
  session: "fresh",
  idempotencyKey: "required",
  headers: Fields({ prefer: Type.Optional(Type.String({ maxLength: 200, description: "`wait=N`, N ≤ 30 seconds" })) }),
  body: NewOrder,
  replies: { 202: Order, 201: Order },
  refuses: [productUnknown, idempotencyKeyReused],
  waits: "preferred",
  timeout: 40_000,
});

export const listOrders = call("GET /orders", {
  summary: "One's own orders, newest first; all orders for administrators",
  access: "customer",
  query: PageQuery,
  replies: { 200: Page(Order) },
});

export const getOrder = call("GET /orders/{id}", {
  summary: "An order",
  access: "customer",
  replies: { 200: Order },
  refuses: [notFound],
});

export const cancelOrder = call("POST /orders/{id}/cancel", {
  summary: "Cancel a confirmed order: its payment is refunded, its pieces go back",
  access: "customer",
  session: "fresh",
  idempotencyKey: "optional",
  replies: { 202: Order },
  refuses: [notFound, orderNotCancellable],
});

const OrderFacts = Fields({
  orderId: Id,
  userId: Id,
  userName: Personal(Type.String()),
  items: Type.Array(OrderItem),
  total: Money,
  version: Type.Integer({ minimum: 1, description: "Grows by one with each event of this order" }),
  at: Time,
});

export const orderPlaced = event("order.placed", { key: "orderId", body: OrderFacts });
export const orderConfirmed = event("order.confirmed", {
  key: "orderId",
  body: OrderFacts,
});
export const orderCancelled = event("order.cancelled", {
  key: "orderId",
  body: OrderFacts,
});
export const orderRejected = event("order.rejected", {
  key: "orderId",
  body: Fields({ ...OrderFacts.properties, reason: Type.String() }),
});
export type OrderFacts = Static<typeof OrderFacts>;

export const orders = contract("orders", {
  calls: { placeOrder, listOrders, getOrder, cancelOrder },
  events: { orderPlaced, orderConfirmed, orderRejected, orderCancelled },
});
