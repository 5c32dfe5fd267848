import type { Facts, Intent } from "./mail.ts";

/** What an order of two products tells, for tests. */
export const order: Facts["receipt"] = {
  orderId: "order-1",
  userId: "user-1",
  userName: "Ada",
  items: [
    { productId: "p1", name: "Tea <hot> & strong", quantity: 2, unitPrice: { amount: 1250, currency: "EUR" } },
    { productId: "p2", name: "Cup", quantity: 1, unitPrice: { amount: 5, currency: "EUR" } },
  ],
  total: { amount: 2505, currency: "EUR" },
  version: 2,
  at: "2030-01-01T00:00:00Z",
};

/** A receipt that is to be written, for tests. */
export const receipt = (id: string, userId = "user-1"): Intent => ({
  id,
  template: "receipt",
  facts: { ...order, userId },
  userId,
  recipient: null,
});

/** A welcome that is to be written, for tests. */
export const welcome = (id: string): Intent => {
  const facts = { userId: "user-1", name: "Ada", email: "Ada@Shop.example", createdAt: order.at };
  return { id, template: "welcome", facts, userId: facts.userId, recipient: { email: facts.email } };
};
