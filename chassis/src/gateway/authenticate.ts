import type { Access } from "../contract/call.ts";
import { type Failure, failureFrom, forbidden, tokenInvalid, tokenMissing } from "../core/failure.ts";
import type { Caller, User } from "../identity/caller.ts";

/** Who a bearer token stands for; throws `token_invalid`, or `unavailable` when it can't be told. */
export type Verify = (token: string) => Promise<Caller>;

/** The user of a request if it is known, and why the call is refused if it is. */
export type Identified = { readonly user?: User; readonly refusal?: Failure };

const BEARER = /^Bearer +([\w.~+/=-]+)$/i;

/**
 * Tells who makes a request and whether the call lets them in. Public calls let everybody in, also with a token that has ended:
 * the services don't look at it there.
 */
export async function identify(access: Access, authorization: string | undefined, verify: Verify): Promise<Identified> {
  if (authorization === undefined) return access === "public" ? {} : { refusal: tokenMissing.failure() };
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) return access === "public" ? {} : { refusal: tokenInvalid.failure() };
  let caller: Caller;
  try {
    caller = await verify(token);
  } catch (error) {
    return access === "public" ? {} : { refusal: failureFrom(error) };
  }
  if (caller.kind !== "user") return access === "public" ? {} : { refusal: tokenInvalid.failure() };
  if (access === "admin" && caller.role !== "admin") return { user: caller, refusal: forbidden.failure() };
  return { user: caller };
}
