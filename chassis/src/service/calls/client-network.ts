import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { Soon } from "../../core/soon.ts";
import type { Verify } from "../../http/authenticate.ts";
import { networkOf } from "../../http/client-address.ts";
import { hopsOfForwardedFor } from "../../http/forwarded.ts";
import { networkOfAddress } from "../../http/ip-address.ts";
import type { Caller } from "../../identity/caller.ts";
import type { Peers } from "../../identity/mutual-tls.ts";

/**
 * The network that a request comes from, as limits count it. `X-Forwarded-For` is believed only with the token of another service
 * of the system in `X-Forwarded-By`, over a connection of its own where certificates tell; without, it is where the connection comes from.
 */
export function clientNetwork(
  headers: IncomingHttpHeaders,
  socket: Socket,
  verify: Verify,
  peers?: Peers,
): Soon<string> {
  const [address, ...others] = hopsOfForwardedFor(headers) ?? [];
  const voucher = headers["x-forwarded-by"];
  if (address === undefined || others.length > 0 || typeof voucher !== "string") return networkOf(socket);
  const asToldBy = (speaker?: Caller) =>
    speaker?.kind === "service" && (peers?.is(socket, speaker.name) ?? true)
      ? networkOfAddress(address)
      : networkOf(socket);
  const known = verify.known?.(voucher);
  return known ? asToldBy(known) : verify(voucher).then(asToldBy, () => asToldBy());
}
