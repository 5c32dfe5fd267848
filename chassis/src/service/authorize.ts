import type { Access } from "../contract/call.ts";
import { forbidden, tokenInvalid, tokenMissing } from "../core/failure.ts";
import { after, type Soon } from "../core/soon.ts";
import { anonymous, type Caller } from "../identity/caller.ts";

/** Verifies a token; throws `token_invalid`. */
export type Verify = ((token: string) => Promise<Caller>) & {
  /** Who a token that was verified before stands for; undefined for all others. */
  readonly known?: (token: string) => Caller | undefined;
};

/**
 * Who makes a call, from its `Authorization` header. Throws `token_missing`, `token_invalid`, or `forbidden` when the call's
 * access does not let them in. Public calls need no token, and none is looked at.
 */
export function authorize(access: Access, authorization: string | undefined, verify: Verify): Soon<Caller> {
  if (access === "public") return anonymous;
  const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
  if (!token) throw authorization ? tokenInvalid.failure() : tokenMissing.failure();
  return after(verify.known?.(token) ?? verify(token), (caller) => letIn(access, caller));
}

function letIn(access: Access, caller: Caller): Caller {
  if (access === "internal") {
    if (caller.kind !== "service") throw tokenInvalid.failure();
  } else if (caller.kind !== "user" || (access === "admin" && caller.role !== "admin")) {
    throw forbidden.failure();
  }
  return caller;
}
