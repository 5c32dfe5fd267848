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

/** What was on the shelf, and what is once pieces were moved. */
export type Shelf<Why> = {
  /** Moves all of these pieces, and returns the new level of each product; undefined, and nothing is moved, when some are not there. */
  move(movements: readonly Movement[], why: Why): StockLevel[] | undefined;
  /** The levels that changed, each by one version, and the movements in their order. */
  changes(): { levels: StockLevel[]; journal: (Movement & Why & { version: number; line: number })[] };
};

/**
 * Moves pieces of products one order after the other. Pieces that would become available of a withdrawn product leave the stock
 * instead.
 */
export function openShelf<Why extends object>(stocks: readonly (StockLevel & { withdrawn: boolean })[]): Shelf<Why> {
  const before = new Map(stocks.map((stock) => [stock.productId, stock]));
  const after = new Map<string, StockLevel>();
  const journal: (Movement & Why & { version: number; line: number })[] = [];

  function moved(wanted: Movement): { level: StockLevel; movement: Movement } | undefined {
    const stock = before.get(wanted.productId);
    const now = after.get(wanted.productId) ?? stock;
    if (!stock || !now || !holds(now, wanted)) return undefined;
    const movement = stock.withdrawn ? { ...wanted, available: Math.min(wanted.available, 0) } : wanted;
    return { level: { ...sum(now, movement), version: stock.version + 1 }, movement };
  }

  return {
    move(movements, why) {
      const all = movements.flatMap((movement) => moved(movement) ?? []);
      if (all.length < movements.length) return undefined;
      for (const { level, movement } of all) {
        after.set(level.productId, level);
        journal.push({ ...movement, ...why, version: level.version, line: journal.length });
      }
      return all.map(({ level }) => level);
    },
    changes: () => ({ levels: [...after.values()], journal }),
  };
}

const holds = (level: StockLevel, { available, reserved, sold }: Movement): boolean =>
  level.available + available >= 0 && level.reserved + reserved >= 0 && level.sold + sold >= 0;

const sum = ({ productId, available, reserved, sold }: StockLevel, movement: Movement) => ({
  productId,
  available: available + movement.available,
  reserved: reserved + movement.reserved,
  sold: sold + movement.sold,
});

const still = (productId: string): Movement => ({ productId, available: 0, reserved: 0, sold: 0 });
