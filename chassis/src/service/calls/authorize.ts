import type { Socket } from "node:net";
import type { Access } from "../../contract/call.ts";
import { forbidden, tokenInvalid, tokenMissing } from "../../core/failure/failure.ts";
import type { Soon } from "../../core/soon.ts";
import { bearerOf, knownBearer, type Verify } from "../../http/authenticate.ts";
import { anonymous, type Caller } from "../../identity/caller.ts";
import type { Peers } from "../../identity/mutual-tls.ts";

/** Who may make a call: those of its access; of services only those named, for a call that is `internal`. */
export type Admitted = { readonly access: Access; readonly services: Pick<ReadonlySet<string>, "has"> };

/**
 * Who makes a call, from its `Authorization` header. Throws `token_missing`, `token_invalid`, or `forbidden` when they are not admitted.
 * Public calls need no token, and none is looked at.
 */
export function authorize(admitted: Admitted, authorization: string | undefined, verify: Verify): Soon<Caller> {
  if (admitted.access === "public") return anonymous;
  if (!authorization) throw tokenMissing.failure();
  const known = knownBearer(authorization, verify);
  if (known) return letIn(admitted, known);
  const token = bearerOf(authorization);
  if (!token) throw tokenInvalid.failure();
  return verify(token).then((caller) => letIn(admitted, caller));
}

/** Throws `forbidden` when a service shows a token of its own over the connection of another. Where there are no certificates it can't be told. */
export function assertPeer(caller: Caller, socket: Socket, peers: Peers | undefined): Caller {
  if (peers && !peers.is(socket, caller.kind === "service" ? caller.name : undefined)) throw forbidden.failure();
  return caller;
}

function letIn({ access, services }: Admitted, caller: Caller): Caller {
  if (access === "internal") {
    if (caller.kind !== "service") throw tokenInvalid.failure();
    if (!services.has(caller.name)) throw forbidden.failure();
  } else if (caller.kind !== "user" || (access === "admin" && caller.role !== "admin")) {
    throw forbidden.failure();
  }
  return caller;
}
