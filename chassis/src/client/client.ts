import type { Call, CallTypes } from "../contract/call.ts";
import type { Contract } from "../contract/contract.ts";
import type { Failure } from "../core/failure/failure.ts";

type TypesIn<C extends Call> = C extends Call<infer Types extends CallTypes> ? Types : never;
type Given<Name extends string, Value> = Value extends undefined
  ? unknown
  : keyof Value extends never
    ? unknown
    : { [N in Name]: Value };

/** What a call takes: path parameters, query and body where it has them. */
export type CallInput<C extends Call> = Given<"params", TypesIn<C>["params"]> &
  Given<"body", TypesIn<C>["body"]> & {
    query?: Partial<TypesIn<C>["query"]>;
    /** The idempotency key. Calls that have one are repeated safely, and so are retried. */
    key?: string;
  };

export type CallOptions<Reply> = {
  /** What to reply when the service can't, for whatever passing reason: called with the last failure, never for a refusal. */
  fallback?: (failure: Failure) => Reply | Promise<Reply>;
  /** Milliseconds until the caller gives up, retries included. Default: what is left of the work's own deadline, at most 10,000. */
  timeout?: number;
};

/** The body of a call's success reply. */
export type CallReply<C extends Call> = TypesIn<C>["reply"];

/**
 * A service as its contract says, called over HTTP: `await inventory.reserve({ params, body, key })`. Resolves with the reply's
 * body. Throws a {@link Failure}: `refused` with the service's code for a definite no, `unavailable` when there was no answer
 * (the outcome is then unknown), `bug` for answers outside the contract.
 */
export type Client<C extends Contract> = {
  readonly [Name in keyof C["calls"]]: (
    input: CallInput<C["calls"][Name]>,
    options?: CallOptions<CallReply<C["calls"][Name]>>,
  ) => Promise<CallReply<C["calls"][Name]>>;
};

/** Makes the client of a service from its contract. */
export type MakeClient = <C extends Contract>(contract: C) => Client<C>;
