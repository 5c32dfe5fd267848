import type { RawHeaders } from "../client/transports/http/response-head.ts";
import type { Call } from "../contract/call.ts";
import { parameterNames } from "../contract/call.ts";
import type { Contract } from "../contract/contract.ts";

/** Turns headers, as `[name, value, …]` with names in lower case, into others. */
export type ChangeHeaders = (headers: RawHeaders) => RawHeaders;
/** Turns a whole body into another. */
export type ChangeBody = (body: Buffer) => Buffer;

/** What the gateway does differently for one call. */
export type RouteRule = {
  /** The path that the world knows, behind the prefix, with the same parameters: `/my/orders/{id}`. */
  readonly path?: string;
  /** The largest body of a request in bytes, instead of the contract's. */
  readonly bodyLimit?: number;
  /** What the service gets instead of what the client sent; after everything that is refused was refused. */
  readonly request?: { readonly headers?: ChangeHeaders; readonly body?: ChangeBody };
  /** What the client gets instead of what the service answered. An answer with a body to change is held whole, up to 1 MiB. */
  readonly response?: { readonly headers?: ChangeHeaders; readonly body?: ChangeBody };
};

/** Rules by the call they are for: `orders.getOrder`. */
export type RouteRules = Readonly<Record<string, RouteRule>>;

/** Throws for a rule whose call there isn't, and for a path that has other parameters than the call. */
export function assertRules(rules: RouteRules, contracts: readonly Contract[]): void {
  for (const [name, { path }] of Object.entries(rules)) {
    const call = callNamed(name, contracts);
    if (!call || call.shape.access === "internal") throw new Error(`There is no call ${name} that a rule could be for`);
    const names = (of: string) => parameterNames(of).toSorted().join();
    if (path !== undefined && names(path) !== names(call.path)) {
      throw new Error(`${path} must have the parameters of ${call.path}`);
    }
  }
}

function callNamed(name: string, contracts: readonly Contract[]): Call | undefined {
  const [service, call = ""] = name.split(".");
  return contracts.find((each) => each.service === service)?.calls[call];
}

/** The contracts as the world sees them: with the paths of the rules. For documents and routes. */
export function withPublicPaths(contracts: readonly Contract[], rules: RouteRules): Contract[] {
  return contracts.map((contract) => ({
    ...contract,
    calls: Object.fromEntries(
      Object.entries(contract.calls).map(([name, call]) => {
        const path = rules[`${contract.service}.${name}`]?.path;
        return [name, path === undefined ? call : { ...call, path }];
      }),
    ),
  }));
}
