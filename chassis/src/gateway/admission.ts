import { rateLimited, tokenInvalid } from "../core/failure.ts";
import { after, type Soon } from "../core/soon.ts";
import { identify, type Verify } from "./authenticate.ts";
import { networkOfAddress } from "./client-address.ts";
import type { Exchange } from "./exchange.ts";
import { countWindow, createLimiter, type Limits, type Taken } from "./limit.ts";
import { type LimitStore, memoryLimitStore } from "./limit-store.ts";
import type { OpenStreams } from "./open-streams.ts";
import type { RequestHeaders } from "./request-headers.ts";
import type { Route } from "./route-table.ts";

export type Admission = {
  /** Lets a request in, or throws why not; notes the user and the headers of the limit in the exchange. */
  admit(exchange: Exchange, route: Route, headers: RequestHeaders): Soon<void>;
  /** Counts a request that no route fits, or that can't be read: it is one of its address like others. */
  countStray(exchange: Exchange): Soon<void>;
};

/** Tokens that are not good, from one address in a minute, before no further one from there is looked at. */
const GUESSES = 300;

export type AdmissionOptions = {
  readonly limits: Limits;
  readonly verify: Verify;
  readonly streams: OpenStreams;
  /** Default: in this process alone. */
  readonly store?: LimitStore | undefined;
};

/**
 * Admission by token and by limit. A request that is refused for its token counts as one of its address. After 300 such tokens in
 * a minute none from that address is verified any more, unless it is known to be good already.
 */
export function createAdmission({ limits, verify, streams, store }: AdmissionOptions): Admission {
  const limiter = createLimiter(limits, store);
  // Verifying costs this process, so this process counts.
  const guesses = countWindow("token-guesses", GUESSES, memoryLimitStore());

  function note(exchange: Exchange, { headers, retryAfter }: Taken): void {
    exchange.headers.push(...headers);
    if (retryAfter !== undefined) throw rateLimited.failure({ retryAfter });
  }

  const count = (exchange: Exchange, kind: keyof Limits, key: string): Soon<void> =>
    after(limiter.take(kind, key), (taken) => note(exchange, taken));

  const network = (exchange: Exchange): string => networkOfAddress(exchange.clientAddress);

  function refuseGuesses(exchange: Exchange): void {
    const taken = guesses.usedUp(network(exchange));
    if (taken) note(exchange, taken);
  }

  return {
    countStray: (exchange) => count(exchange, "address", network(exchange)),
    admit(exchange, route, { authorization }) {
      if (route.limit === undefined) return undefined;
      if (route.limit === "sign-in") return count(exchange, "signIn", network(exchange));
      const identified = identify(route.access, authorization, verify, () => refuseGuesses(exchange));
      return after(identified, ({ user, refusal }) => {
        exchange.userId = user?.id;
        const counted = user ? count(exchange, "user", user.id) : count(exchange, "address", network(exchange));
        return after(counted, () => {
          if (refusal) {
            if (tokenInvalid.is(refusal)) void guesses.take(network(exchange));
            throw refusal;
          }
          if (isStream(route)) streams.open(exchange, user ? `user:${user.id}` : `address:${network(exchange)}`);
        });
      });
    },
  };
}

const isStream = (route: Route): boolean => route.kind === "call" && route.timeout === 0;
