import type { IncomingHttpHeaders } from "node:http";
import { isIP, type Socket } from "node:net";
import { networkOf, networkOfAddress } from "../gateway/client-address.ts";
import type { Verify } from "./authorize.ts";

/**
 * The network that a request comes from, as limits count it. `X-Forwarded-For` is believed only with the token of another service
 * of the system in `X-Forwarded-By`; without, it is where the connection comes from.
 */
export async function clientNetwork(headers: IncomingHttpHeaders, socket: Socket, verify: Verify): Promise<string> {
  const address = headers["x-forwarded-for"];
  const voucher = headers["x-forwarded-by"];
  if (typeof address !== "string" || typeof voucher !== "string" || isIP(address) === 0) return networkOf(socket);
  const speaker = await verify(voucher).catch(() => undefined);
  return speaker?.kind === "service" ? networkOfAddress(address) : networkOf(socket);
}
