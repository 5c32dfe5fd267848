import type { Access } from "../contract/call.ts";
import { type Failure, failureFrom, forbidden, tokenInvalid, tokenMissing } from "../core/failure.ts";
import type { Soon } from "../core/soon.ts";
import type { Caller, User } from "../identity/caller.ts";

/** Who a bearer token stands for; throws `token_invalid`, or `unavailable` when it can't be told. */
export type Verify = ((token: string) => Promise<Caller>) & {
  /** Who a token that was verified before stands for; undefined for all others. */
  readonly known?: (token: string) => Caller | undefined;
};

/** The user of a request if it is known, and why the call is refused if it is. */
export type Identified = { readonly user?: User; readonly refusal?: Failure };

const BEARER = /^Bearer +([\w.~+/=-]+)$/i;
const USUAL = "Bearer ";
const NOBODY: Identified = {};

/**
 * Tells who makes a request and whether the call lets them in. Public calls let everybody in, also with a token that has ended:
 * the services don't look at it there. `mayVerify` throws when no token that is not known yet shall be looked at.
 */
export function identify(
  access: Access,
  authorization: string | undefined,
  verify: Verify,
  mayVerify: () => void,
): Soon<Identified> {
  const isPublic = access === "public";
  if (authorization === undefined) return isPublic ? NOBODY : { refusal: tokenMissing.failure() };
  const known = knownBearer(authorization, verify);
  if (known) return letIn(access, known);
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) return isPublic ? NOBODY : { refusal: tokenInvalid.failure() };
  mayVerify();
  return verify(token).then(
    (caller) => letIn(access, caller),
    (error) => (isPublic ? NOBODY : { refusal: failureFrom(error) }),
  );
}

/** Who the token of an `Authorization` header stands for, if it was verified before: such a one needs no second look at its form. */
export const knownBearer = (authorization: string, { known }: Pick<Verify, "known">): Caller | undefined =>
  authorization.startsWith(USUAL) ? known?.(authorization.slice(USUAL.length)) : undefined;

function letIn(access: Access, caller: Caller): Identified {
  if (caller.kind !== "user") return access === "public" ? NOBODY : { refusal: tokenInvalid.failure() };
  if (access === "admin" && caller.role !== "admin") return { user: caller, refusal: forbidden.failure() };
  return { user: caller };
}
