import { rateLimited } from "../../core/failure/failure.ts";
import { after, type Soon } from "../../core/soon.ts";
import { type Identified, identify, type Verify } from "../../http/authenticate.ts";
import { networkOfAddress } from "../../http/ip-address.ts";
import type { RequestHeaders } from "../../http/request-headers.ts";
import type { Exchange } from "../edge/exchange.ts";
import type { Route } from "../route-table.ts";
import type { BodyBudget } from "./body-budget.ts";
import { type Counted, countWindow, createLimiter, DEFAULT_GUESSES, type Limits, type Taken } from "./limit.ts";
import { type LimitStore, memoryLimitStore } from "./limit-store.ts";
import type { OpenStreams } from "./open-streams.ts";

export type Admission = {
  /** Lets a request in, or throws why not; notes the user and the headers of the limit in the exchange. */
  admit(exchange: Exchange, route: Route, headers: RequestHeaders): Soon<void>;
  /** Counts a request that no route fits, or that can't be read: it is one of its address like others. */
  countStray(exchange: Exchange): Soon<void>;
};

export type AdmissionOptions = {
  readonly limits: Limits;
  readonly verify: Verify;
  readonly streams: OpenStreams;
  readonly bodies: BodyBudget;
  /** Default: in this process alone. */
  readonly store?: LimitStore | undefined;
};

/**
 * Admission by token and by limit. What is refused for its token is counted for its address by itself: it takes nothing from those who are signed
 * in or read publicly there. After too many tokens that had to be verified and were not good none from
 * that address is verified any more, unless it is known to be good already; public calls let such requests in like those without a token.
 */
export function createAdmission({ limits, verify, streams, bodies, store }: AdmissionOptions): Admission {
  const limiter = createLimiter(limits, store);
  // Verifying costs this process, so this process counts.
  const guesses = countWindow("token-guesses", limits.guesses ?? DEFAULT_GUESSES, memoryLimitStore());

  function note(exchange: Exchange, { headers, retryAfter }: Taken): void {
    exchange.headers.push(...headers);
    if (retryAfter !== undefined) throw rateLimited.failure({ retryAfter });
  }

  const count = (exchange: Exchange, kind: Counted, key: string): Soon<void> =>
    after(limiter.take(kind, key), (taken) => note(exchange, taken));

  const network = (exchange: Exchange): string => networkOfAddress(exchange.clientAddress);

  /** Notes who pays for the body, if there is one. */
  function charge(exchange: Exchange, { contentLength = 0, chunked }: RequestHeaders): void {
    if (contentLength === 0 && !chunked) return;
    exchange.sender = exchange.userId === undefined ? `address:${network(exchange)}` : `user:${exchange.userId}`;
    bodies.assertLeft(exchange.sender);
  }

  /** What became of looking at the token: counted for the user, or for the address. */
  function counted(exchange: Exchange, { user, refusal, guessed, unread }: Identified): Soon<void> {
    const address = network(exchange);
    if (guessed) void guesses.take(address);
    if (unread) return note(exchange, guesses.usedUp(address) ?? NEVER);
    if (user) return count(exchange, "user", user.id);
    return count(exchange, refusal ? "refused" : "address", address);
  }

  return {
    countStray: (exchange) => count(exchange, "address", network(exchange)),
    admit(exchange, route, headers) {
      if (route.limit === undefined) return undefined;
      if (route.limit === "sign-in") {
        return after(count(exchange, "signIn", network(exchange)), () => charge(exchange, headers));
      }
      const mayVerify = () => guesses.usedUp(network(exchange)) === undefined;
      return after(identify(route.access, headers.authorization, verify, mayVerify), (identified) => {
        const { user, refusal } = identified;
        exchange.userId = user?.id;
        return after(counted(exchange, identified), () => {
          if (refusal) throw refusal;
          charge(exchange, headers);
          if (isStream(route))
            streams.open(exchange, user ? `user:${user.id}` : `address:${network(exchange)}`, network(exchange));
        });
      });
    },
  };
}

/** Its time was over in between. */
const NEVER: Taken = { headers: [], retryAfter: 1 };

const isStream = (route: Route): boolean => route.kind === "call" && route.timeout === 0;
