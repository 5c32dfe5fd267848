import { MOST_PIECES, type StockLine, stockLimitReached } from "@flotilla/contracts/inventory";

/** Where the pieces of a product are. `version` is the number of changes so far. */
export type StockLevel = {
  readonly productId: string;
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
  readonly version: number;
};

/** How many pieces of a product come to each place (or, negative, leave it). */
export type Movement = {
  readonly productId: string;
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
};

type Place = "available" | "reserved" | "sold";

/** Lines sorted by product, each product once: the order in which rows are locked, and the form in which lines compare. */
export function mergeLines(lines: readonly StockLine[]): StockLine[] {
  const quantities = new Map<string, number>();
  for (const { productId, quantity } of lines) quantities.set(productId, (quantities.get(productId) ?? 0) + quantity);
  return [...quantities]
    .map(([productId, quantity]) => ({ productId, quantity }))
    .sort((a, b) => (a.productId < b.productId ? -1 : 1));
}

/** Whether merged lines ask for the same pieces. */
export const sameLines = (some: readonly StockLine[], others: readonly StockLine[]): boolean =>
  some.length === others.length &&
  some.every((line, index) => line.productId === others[index]?.productId && line.quantity === others[index].quantity);

/** The movements of whole lines from one place to another: no piece appears or is lost. */
export const moveLines = (lines: readonly StockLine[], from: Place, to: Place): Movement[] =>
  lines.map(({ productId, quantity }) => ({ ...still(productId), [from]: -quantity, [to]: quantity }));

/** The movement of pieces that come in (or, negative, go out). */
export const addPieces = (productId: string, quantity: number): Movement => ({
  ...still(productId),
  available: quantity,
});

/** Throws `stock_limit_reached` when a product can't have so many more pieces. */
export function assertRoomFor({ available, reserved, sold }: StockLevel, more: number): void {
  if (available + reserved + sold + more > MOST_PIECES) throw stockLimitReached.failure();
}

const still = (productId: string): Movement => ({ productId, available: 0, reserved: 0, sold: 0 });
