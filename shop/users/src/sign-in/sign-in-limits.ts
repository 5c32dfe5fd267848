import { createHash } from "node:crypto";
import type { Transaction } from "@flotilla/chassis/database";
import { rateLimited } from "@flotilla/chassis/failure";
import type { Clock } from "@flotilla/chassis/service";
import { emailKey } from "../account.ts";
import type { Audit, AuditEntry } from "../audit.ts";
import type { SessionStore } from "../sessions/session-store.ts";
import type { FailureCount, SignInFailureStore } from "./sign-in-failure-store.ts";

/** As whom somebody tries to sign in (undefined: by something that names no account), and from which network. */
export type Attempt = {
  readonly email?: string;
  readonly network: string;
  /** What is tried, for the audit. Default `sign_in`. */
  readonly action?: AuditEntry["action"];
};

type NamedAttempt = Attempt & { readonly email: string };

/**
 * Failures in {@link WINDOW} after which nobody tries again until it is over: far above what people mistype, also behind an address
 * that a whole company shares, and far below what guessing needs.
 */
export const MOST_FAILURES = { accountAtNetwork: 50, network: 1_000, account: 500 } as const;

/** Milliseconds. */
export const WINDOW = 5 * 60_000;

/** Password resets in {@link WINDOW} after which a network asks for no more. */
export const MOST_RESETS = 100;

export type SignInLimits = {
  /** Throws `rate_limited` when there were too many failures. It is the same for accounts that are not there. */
  check(attempt: Attempt): Promise<void>;
  failed(attempt: Attempt): Promise<void>;
  /** Forgets the account's failures at this network, with the session that begins. */
  succeeded(tx: Transaction, attempt: NamedAttempt): Promise<void>;
  /** Counts a request for a password reset. Throws `rate_limited` when there were too many. */
  resetRequested(network: string): Promise<void>;
};

/**
 * Limits of failed sign-ins: of an account at one network, of a network, and of an account wherever from. The last one does not keep
 * out those at networks where a session of the account began, so nobody can lock an owner out from elsewhere.
 */
export function signInLimits(needs: {
  store: SignInFailureStore;
  sessions: SessionStore;
  clock: Clock;
  audit: Audit;
}): SignInLimits {
  const { store, sessions, clock, audit } = needs;

  function refuseBeyond(most: number, count: FailureCount | undefined, now: Date, attempt: Attempt): void {
    if (isBeyond(most, count)) {
      const { action = "sign_in", network } = attempt;
      audit({ action, result: "refused", what: rateLimited.code, network });
      throw rateLimited.failure({ retryAfter: Math.ceil((count.until.getTime() - now.getTime()) / 1_000) });
    }
  }

  return {
    async check(attempt) {
      const now = clock.now();
      const [network, here, anywhere] = await store.counts(subjectsOf(attempt), now);
      refuseBeyond(MOST_FAILURES.network, network, now, attempt);
      refuseBeyond(MOST_FAILURES.accountAtNetwork, here, now, attempt);
      if (attempt.email === undefined || !isBeyond(MOST_FAILURES.account, anywhere)) return;
      if (await sessions.beganAt(emailKey(attempt.email), networkHash(attempt.network))) return;
      refuseBeyond(MOST_FAILURES.account, anywhere, now, attempt);
    },
    async failed(attempt) {
      const now = clock.now();
      const { email, action = "sign_in", network } = attempt;
      const refusal =
        email === undefined ? undefined : { emailKey: emailKey(email), action, network: networkHash(network) };
      await store.add(subjectsOf(attempt), now, new Date(now.getTime() + WINDOW), refusal);
    },
    async succeeded(tx, attempt) {
      await store.forget(tx, accountAtNetwork(attempt));
    },
    async resetRequested(network) {
      const now = clock.now();
      const subject = hash("password resets", network);
      const [count] = await store.counts([subject], now);
      refuseBeyond(MOST_RESETS, count, now, { network, action: "request_password_reset" });
      await store.add([subject], now, new Date(now.getTime() + WINDOW));
    },
  };
}

/** What is kept of a network. */
export const networkHash = (network: string): Buffer => hash("network", network);

const subjectsOf = ({ email, network }: Attempt): Buffer[] => [
  networkHash(network),
  ...(email === undefined ? [] : [accountAtNetwork({ email, network }), hash("account", emailKey(email))]),
];

const accountAtNetwork = ({ email, network }: NamedAttempt): Buffer =>
  hash("account at network", emailKey(email), network);

const hash = (...parts: string[]): Buffer => createHash("sha256").update(JSON.stringify(parts)).digest();

const isBeyond = (most: number, count: FailureCount | undefined): count is FailureCount =>
  count !== undefined && count.failures >= most;
