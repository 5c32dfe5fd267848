import { rateLimited } from "../core/failure.ts";
import { identify, type Verify } from "./authenticate.ts";
import { networkOf } from "./client-address.ts";
import type { Exchange } from "./exchange.ts";
import { createLimiter, type Limits } from "./limit.ts";
import type { RequestHeaders } from "./request-headers.ts";
import type { Route } from "./route-table.ts";

/** Lets a request in, or throws why not; notes the user and the headers of the limit in the exchange. */
export type Admit = (exchange: Exchange, route: Route, headers: RequestHeaders) => Promise<void>;

/** Admission by token and by limit. A request that is refused for its token counts as one of its address. */
export function createAdmission(limits: Limits, verify: Verify): Admit {
  const limiter = createLimiter(limits);

  async function count(exchange: Exchange, kind: keyof Limits, key: string): Promise<void> {
    const { headers, retryAfter } = await limiter.take(kind, key);
    exchange.headers.push(...headers);
    if (retryAfter !== undefined) throw rateLimited.failure({ retryAfter });
  }

  return async (exchange, route, { authorization }) => {
    if (route.limit === undefined) return;
    const network = networkOf(exchange.request.socket);
    if (route.limit === "sign-in") return count(exchange, "signIn", network);
    const { user, refusal } = await identify(route.access, authorization, verify);
    exchange.userId = user?.id;
    if (user) await count(exchange, "user", user.id);
    else await count(exchange, "address", network);
    if (refusal) throw refusal;
  };
}
