import { createSignal } from "./signal.ts";
import { createStored } from "./stored.ts";

/** So many pieces of a product. */
export type CartLine = { readonly productId: string; readonly quantity: number };

const isLine = (line: unknown): line is CartLine =>
  typeof line === "object" &&
  line !== null &&
  "productId" in line &&
  typeof line.productId === "string" &&
  "quantity" in line &&
  Number.isInteger(line.quantity) &&
  (line.quantity as number) > 0;

const kept = createStored<CartLine[]>(
  "cart",
  (value): value is CartLine[] => Array.isArray(value) && value.every(isLine),
);

/** What the customer wants to buy, in all tabs, signed in or not. */
export const cart = createSignal<readonly CartLine[]>(kept.read() ?? []);
kept.watch(() => cart.set(kept.read() ?? []));

/** The most lines of an order. */
export const MOST_LINES = 50;

/** How many pieces there are in it. */
export const piecesIn = (lines: readonly CartLine[]): number => lines.reduce((sum, { quantity }) => sum + quantity, 0);

/** Sets how many pieces of a product it holds; 0 takes the product out. */
export function setQuantity(productId: string, quantity: number): void {
  const others = cart.value().filter((line) => line.productId !== productId || quantity > 0);
  const isThere = others.some((line) => line.productId === productId);
  const lines = isThere
    ? others.map((line) => (line.productId === productId ? { productId, quantity } : line))
    : others;
  write(isThere || quantity <= 0 ? lines : [...lines, { productId, quantity }]);
}

/** Takes out what has been ordered; what was put in meanwhile stays. */
export function takeOut(ordered: readonly CartLine[]): void {
  const left = (line: CartLine) =>
    line.quantity - (ordered.find(({ productId }) => productId === line.productId)?.quantity ?? 0);
  write(
    cart
      .value()
      .map((line) => ({ ...line, quantity: left(line) }))
      .filter(({ quantity }) => quantity > 0),
  );
}

function write(lines: CartLine[]): void {
  kept.write(lines.length > 0 ? lines : undefined);
  cart.set(lines);
}
