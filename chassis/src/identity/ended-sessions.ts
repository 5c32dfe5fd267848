import { type Clock, systemClock } from "../core/clock.ts";
import { unavailable } from "../core/failure.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { Log } from "../telemetry/log.ts";
import { ACCESS_TOKEN_SECONDS } from "./access-token.ts";
import { firstAnswer, identityAgent } from "./ask-identity-service.ts";
import { fetchEndedSessions } from "./fetch-ended-sessions.ts";
import type { TokenFor } from "./service-token.ts";

/** Which sessions have ended while access tokens of theirs may still be in time. */
export type EndedSessions = {
  /** Whether the session has ended, as far as is known here. Throws `unavailable` while nothing is known yet. */
  has(session: string): boolean | Promise<boolean>;
  close(): Promise<void>;
};

/** Milliseconds for which what is known is good without asking. */
const FRESH = 5_000;
/** Milliseconds after which nobody is let in before the identity service was asked. */
const STALE = 10_000;
/** Milliseconds for which a session is remembered: longer than any token of it lives. */
const REMEMBERED = (ACCESS_TOKEN_SECONDS + 5 * 60) * 1_000;

/**
 * The ended sessions, asked of the identity service when somebody wants to know and the last answer is 5 seconds old; only after 10
 * seconds in which nobody did has anybody to wait for it. While the identity service is away, what was last known stays.
 */
export function endedSessions(options: {
  readonly discovery: Discovery;
  /** Makes the token by which the identity service knows who asks. */
  readonly tokenFor: TokenFor;
  readonly log: Log;
  readonly identityService?: string;
  readonly clock?: Clock;
}): EndedSessions {
  const { discovery, tokenFor, log, identityService = "users", clock = systemClock } = options;
  const agent = identityAgent();
  /** Until when each is remembered, the oldest first. */
  const ended = new Map<string, number>();
  let since = "";
  let knownAt: number | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  let loading: Promise<void> | undefined;

  async function load(): Promise<void> {
    askedAt = clock.monotonic();
    const began = askedAt;
    try {
      const token = await tokenFor(identityService);
      const read = await firstAnswer(discovery.instances(identityService), (instance) =>
        fetchEndedSessions(agent, { instance, token, since }),
      );
      remember(read.sessions, began);
      since = read.since;
      knownAt = began;
      failure = undefined;
    } catch (error) {
      if (failure === undefined) log.warn({ err: error, identityService }, "the ended sessions could not be loaded");
      failure = error;
    }
  }

  function remember(sessions: readonly string[], now: number): void {
    for (const session of sessions) {
      ended.delete(session);
      ended.set(session, now + REMEMBERED);
    }
    for (const [session, until] of ended) {
      if (until > now) break;
      ended.delete(session);
    }
  }

  async function hasAfterLoad(session: string): Promise<boolean> {
    await loading;
    if (knownAt === undefined) throw unavailable.failure({ cause: failure, retryAfter: 2 });
    return ended.has(session);
  }

  return {
    has(session) {
      const now = clock.monotonic();
      const age = knownAt === undefined ? Number.POSITIVE_INFINITY : now - knownAt;
      if (age < FRESH) return ended.has(session);
      if (now - askedAt >= FRESH) {
        loading ??= load().finally(() => {
          loading = undefined;
        });
      }
      // In an outage nobody waits for an answer that others have waited for in vain.
      const mayWait = knownAt === undefined || (age >= STALE && failure === undefined);
      return mayWait ? hasAfterLoad(session) : ended.has(session);
    },
    close: async () => agent.destroy(),
  };
}
