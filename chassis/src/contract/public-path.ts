import type { Call } from "./call.ts";
import type { Contract } from "./contract.ts";

/** A call that is open to the outside, with the name it has in its contract and the path the world knows it by. */
export type PublicCall = { name: string; service: string; call: Call; path: string };

/** Every call that is not internal, at `prefix` and its own path. Well-known paths stay at the root (RFC 8615). */
export function publicCalls(contracts: readonly Contract[], prefix: string): PublicCall[] {
  return contracts.flatMap(({ service, calls }) =>
    Object.entries(calls)
      .filter(([, call]) => call.shape.access !== "internal")
      .map(([name, call]) => ({ name, service, call, path: publicPath(call.path, prefix) })),
  );
}

const publicPath = (path: string, prefix: string): string => (path.startsWith("/.well-known/") ? path : prefix + path);
