import { eventually } from "../visitor.ts";
import type { RunningShop } from "./running-shop.ts";

type Shop = Pick<RunningShop, "database">;

/** What inventory has stored for an order; undefined when nothing. */
export async function reservationOf({ database }: Shop, orderId: string): Promise<string | undefined> {
  const [row] = await database("inventory").query<{ state: string }>(
    "select state from reservation where order_id = $1",
    [orderId],
  );
  return row?.state;
}

/** Resolves once so many orders have their pieces reserved. */
export const waitForReservations = ({ database }: Shop, orderIds: readonly string[], count: number): Promise<true> =>
  eventually(`${count} reservations`, async () => {
    const reserved = await database("inventory").query(
      "select from reservation where order_id = any ($1) and state = 'reserved'",
      [orderIds],
    );
    return reserved.length === count || undefined;
  });

/** Resolves once payments has stored that an order was charged. */
export const waitForCapture = ({ database }: Shop, orderId: string): Promise<true> =>
  eventually(`order ${orderId} is charged`, async () => {
    const captured = await database("payments").query(
      "select from payment where order_id = $1 and status = 'captured'",
      [orderId],
    );
    return captured.length > 0 || undefined;
  });
