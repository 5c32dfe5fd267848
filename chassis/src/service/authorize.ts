import type { Access } from "../contract/call.ts";
import { forbidden, tokenInvalid, tokenMissing } from "../core/failure.ts";
import type { Soon } from "../core/soon.ts";
import { bearerOf, knownBearer, type Verify } from "../gateway/authenticate.ts";
import { anonymous, type Caller } from "../identity/caller.ts";

/**
 * Who makes a call, from its `Authorization` header. Throws `token_missing`, `token_invalid`, or `forbidden` when the call's
 * access does not let them in. Public calls need no token, and none is looked at.
 */
export function authorize(access: Access, authorization: string | undefined, verify: Verify): Soon<Caller> {
  if (access === "public") return anonymous;
  if (!authorization) throw tokenMissing.failure();
  const known = knownBearer(authorization, verify);
  if (known) return letIn(access, known);
  const token = bearerOf(authorization);
  if (!token) throw tokenInvalid.failure();
  return verify(token).then((caller) => letIn(access, caller));
}

function letIn(access: Access, caller: Caller): Caller {
  if (access === "internal") {
    if (caller.kind !== "service") throw tokenInvalid.failure();
  } else if (caller.kind !== "user" || (access === "admin" && caller.role !== "admin")) {
    throw forbidden.failure();
  }
  return caller;
}
