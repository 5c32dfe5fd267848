import type { Access } from "../contract/call.ts";
import { type Failure, failureFrom, forbidden, tokenInvalid, tokenMissing } from "../core/failure/failure.ts";
import type { Soon } from "../core/soon.ts";
import type { Caller, User } from "../identity/caller.ts";

/** Who a bearer token stands for; throws `token_invalid`, or `unavailable` when it can't be told. */
export type Verify = ((token: string) => Promise<Caller>) & {
  /** Who a token that was verified before stands for; undefined for all others. */
  readonly known?: (token: string) => Caller | undefined;
  /** Rejects with `token_invalid` when the session of a caller has ended by now; `unavailable` when that can't be told. */
  readonly confirm?: (caller: Caller) => Promise<void>;
  /** Whether a token is worth verifying; what is none, or has ended, costs nothing to refuse. Without: each is. */
  readonly isPlausible?: (token: string) => boolean;
};

/**
 * The user of a request if it is known, and why the call is refused if it is. `guessed`: a token was verified and was not good. `unread`:
 * no further one is looked at.
 */
export type Identified = {
  readonly user?: User;
  readonly refusal?: Failure;
  readonly guessed?: boolean;
  readonly unread?: boolean;
};

const BEARER = /^Bearer +([\w.~+/=-]+)$/i;
const USUAL = "Bearer ";
const NOBODY: Identified = {};

/** The token in an `Authorization` header; undefined when there is none. */
export const bearerOf = (authorization: string): string | undefined => BEARER.exec(authorization)?.[1];

/**
 * Tells who makes a request and whether the call lets them in. Public calls let everybody in, also with a token that has ended:
 * the services don't look at it there. `mayVerify` says whether a token that is not known yet is looked at.
 */
export function identify(
  access: Access,
  authorization: string | undefined,
  verify: Verify,
  mayVerify: () => boolean,
): Soon<Identified> {
  const isPublic = access === "public";
  if (authorization === undefined) return isPublic ? NOBODY : { refusal: tokenMissing.failure() };
  const known = knownBearer(authorization, verify);
  if (known) return letIn(access, known);
  const token = bearerOf(authorization);
  if (token === undefined || verify.isPlausible?.(token) === false) {
    return isPublic ? NOBODY : { refusal: tokenInvalid.failure() };
  }
  if (!mayVerify()) return isPublic ? NOBODY : { unread: true };
  return verify(token).then(
    (caller) => letIn(access, caller),
    (error) => {
      const refusal = failureFrom(error);
      const guessed = tokenInvalid.is(refusal);
      return isPublic ? { guessed } : { guessed, refusal };
    },
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
