import type { Call } from "@flotilla/chassis/contract";
import { contracts } from "../fixtures/contracts.ts";
import type { Shop } from "../fixtures/shop.ts";

/** A call of the shop's contracts. */
export type Operation = { readonly service: string; readonly name: string; readonly call: Call };

/** Every call that any contract declares. */
export const operations: readonly Operation[] = contracts.flatMap(({ service, calls }) =>
  Object.entries<Call>(calls).map(([name, call]) => ({ service, name, call })),
);

/** A way to an operation. */
export type Door = { readonly at: "gateway" | "service"; readonly base: string; readonly prefix: string };

/** The ways to an operation: through the gateway if it is open to the outside, and at the service itself. */
export function doorsTo(shop: Shop, { service, call }: Operation): Door[] {
  const own: Door = { at: "service", base: shop.url(service), prefix: "" };
  if (call.shape.access === "internal") return [own];
  const prefix = call.path.startsWith("/.well-known/") ? "" : "/api";
  return [{ at: "gateway", base: shop.url("gateway"), prefix }, own];
}

/** The path of a call with its parameters filled in, escaped. */
export const pathOf = ({ path }: Pick<Call, "path">, params: Readonly<Record<string, string>> = {}): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? `no-${name}`));
