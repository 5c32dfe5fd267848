import type { Money } from "@flotilla/contracts/money";
import type { NewOrder, Order, OrderFacts, OrderItem, OrderStatus } from "@flotilla/contracts/orders";
import type { PaymentMethod } from "@flotilla/contracts/payments";
import type { ProductSummary } from "@flotilla/contracts/products";

/** An order as it is stored: what others may see of it, how it is paid, and a version that grows with each event. */
export type StoredOrder = Order & { readonly method: PaymentMethod; readonly version: number };

/** Who orders. */
export type Customer = { readonly id: string; readonly name: string };

/** A new order, pending, at the prices of `products`. Lines of the same product become one. */
export function newOrder(
  given: { id: string; customer: Customer; order: NewOrder; now: Date },
  products: ReadonlyMap<string, ProductSummary>,
): StoredOrder {
  const items = pricedItems(given.order.items, products);
  const at = given.now.toISOString();
  return {
    id: given.id,
    userId: given.customer.id,
    userName: given.customer.name,
    status: "pending",
    items,
    total: totalOf(items),
    reason: null,
    createdAt: at,
    updatedAt: at,
    history: [{ status: "pending", at }],
    method: given.order.payment.method,
    version: 1,
  };
}

function pricedItems(lines: NewOrder["items"], products: ReadonlyMap<string, ProductSummary>): OrderItem[] {
  const quantities = new Map<string, number>();
  for (const { productId, quantity } of lines) quantities.set(productId, (quantities.get(productId) ?? 0) + quantity);
  return Array.from(quantities, ([productId, quantity]) => {
    const product = products.get(productId);
    if (!product) throw new Error(`no price for product ${productId}`);
    return { productId, name: product.name, quantity, unitPrice: product.price };
  });
}

/** At most 50 lines of a million pieces at a million euros each: the sum is still an exact number. */
function totalOf(items: readonly OrderItem[]): Money {
  const amount = items.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice.amount, 0);
  return { amount, currency: "EUR" };
}

export const isFinal = (order: Pick<Order, "status">): boolean => order.status !== "pending";

/** Which status may follow which. */
const successors: Record<OrderStatus, readonly OrderStatus[]> = {
  pending: ["confirmed", "rejected"],
  confirmed: ["cancelled"],
  rejected: [],
  cancelled: [],
};

/** The order in its next status; undefined when that status can't follow the one it has. */
export function moveTo(
  order: StoredOrder,
  status: OrderStatus,
  now: Date,
  reason: string | null = null,
): StoredOrder | undefined {
  if (!successors[order.status].includes(status)) return undefined;
  const at = now.toISOString();
  const history = [...order.history, { status, at }];
  return { ...order, status, reason, updatedAt: at, history, version: order.version + 1 };
}

/** What the order's events tell. */
export const factsOf = (order: StoredOrder): OrderFacts => ({
  orderId: order.id,
  userId: order.userId,
  userName: order.userName,
  items: order.items,
  total: order.total,
  version: order.version,
  at: order.updatedAt,
});

/** What callers see of the order. */
export function viewOf({ method: _method, version: _version, ...order }: StoredOrder): Order {
  return order;
}

/** Orders are their owner's business, and the administrators'. */
export const mayBeSeenBy = (order: Pick<Order, "userId">, user: { id: string; role: string }): boolean =>
  user.role === "admin" || order.userId === user.id;
