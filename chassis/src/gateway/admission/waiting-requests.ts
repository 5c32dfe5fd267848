import { isWaiting } from "../../contract/prefer.ts";
import { rateLimited } from "../../core/failure/failure.ts";
import { networkOfAddress } from "../../http/ip-address.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { Admitted } from "../forwarding/service-request.ts";
import { countPlaces, type PlaceLimits } from "./places.ts";

type Asked = Omit<Admitted, "body" | "idle">;

/** Where `prefer` is in a list of names and values; -1 where it is not. */
export const preferenceIn = (headers: readonly string[]): number =>
  headers.findIndex((name, at) => at % 2 === 0 && name === "prefer");

/**
 * Makes what tells whether a request waits for what others do, and so takes no place of those that are worked on. Where too many of its user, its network
 * or all together wait already, it goes on without its preference, to be answered at once; one that can't is `rate_limited`.
 */
export function createWaitingRequests(limits: PlaceLimits, metrics?: Metrics): (asked: Asked) => boolean {
  const places = countPlaces(limits);
  metrics?.gauge("requests_waiting", "Requests that wait for what others do", places.taken);

  return ({ exchange, route, headers }) => {
    if (route.call.shape.waits === undefined) return false;
    const at = preferenceIn(headers.forwarded);
    if (!isWaiting(route.call, headers.forwarded[at + 1])) return false;
    const network = networkOfAddress(exchange.clientAddress);
    const missing = places.take(exchange, exchange.userId ?? network, network);
    if (missing === undefined) return true;
    if (route.call.shape.waits === "always") throw rateLimited.failure({ retryAfter: 1 });
    headers.forwarded.splice(at, 2);
    return false;
  };
}
