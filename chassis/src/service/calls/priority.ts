import type { IncomingMessage } from "node:http";
import type { Contract } from "../../contract/contract.ts";
import type { Priority } from "../../core/load/load-shedder.ts";
import { bearerOf } from "../../http/authenticate.ts";
import type { Caller } from "../../identity/caller.ts";

/** Who a token that was verified before stands for; undefined for all others. */
export type KnownCaller = (token: string) => Caller | undefined;

/** What of a request tells its priority. */
export type Asking = Pick<IncomingMessage, "method" | "url" | "headers">;

/**
 * Makes the function that tells a request's priority before anything else is done with it. High: calls that their contract says are,
 * and those that another service of the system says are, in `X-Priority` and with a token that is known to be good already.
 */
export function priorityReader(contract: Contract, known: KnownCaller): (request: Asking) => Priority {
  const urgent = Object.values(contract.calls)
    .filter(({ shape }) => shape.priority === "high")
    .map(({ method, path }) => ({ method, path: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/?]+")}(\\?|$)`) }));

  const isUrgent = ({ method, url = "" }: Asking): boolean =>
    urgent.some((call) => call.method === method && call.path.test(url));

  return (request) => {
    if (urgent.length > 0 && isUrgent(request)) return "high";
    if (request.headers["x-priority"] !== "high") return "normal";
    const token = bearerOf(request.headers.authorization ?? "");
    return token !== undefined && known(token)?.kind === "service" ? "high" : "normal";
  };
}
