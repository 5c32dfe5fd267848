import { type Clock, systemClock } from "../../core/clock.ts";
import type { Dial } from "../../core/network/dial.ts";
import type { Discovery } from "../../discovery/discovery.ts";
import type { Log } from "../../telemetry/log.ts";
import { ACCESS_TOKEN_SECONDS } from "../tokens/access-token.ts";
import type { TokenFor } from "../tokens/service-token.ts";
import { firstAnswer, identityAgent } from "./ask-identity-service.ts";
import { fetchEndedSessions } from "./fetch-ended-sessions.ts";

/** Milliseconds for which a session is remembered: longer than any token of it lives. */
const REMEMBERED = (ACCESS_TOKEN_SECONDS + 5 * 60) * 1_000;

export type EndedSessionOptions = {
  readonly discovery: Discovery;
  /** Makes the token by which the identity service knows who asks. */
  readonly tokenFor: TokenFor;
  readonly log: Log;
  readonly identityService?: string;
  readonly clock?: Clock;
  readonly dial?: Dial | undefined;
};

/** What was read of the sessions that ended lately. Times are the clock's monotonic milliseconds. */
export type EndedSessionReader = {
  has(session: string): boolean;
  /** When the last reading that succeeded began; -Infinity while there was none. */
  knownAt(): number;
  /** When the last reading began. */
  askedAt(): number;
  /** Why the last reading failed; undefined when it did not. */
  failure(): unknown;
  /** Reads on from where the last one ended; joins the reading under way. Never rejects. */
  read(): Promise<void>;
  /** The reading under way, if there is one. */
  underWay(): Promise<void> | undefined;
  close(): void;
};

/** Makes a reader that has read nothing yet. While the identity service is away, what was read stays. */
export function endedSessionReader(options: EndedSessionOptions): EndedSessionReader {
  const { discovery, tokenFor, log, identityService = "users", clock = systemClock, dial } = options;
  const agent = identityAgent(identityService, dial);
  /** Until when each is remembered, the oldest first. */
  const ended = new Map<string, number>();
  let since = "";
  let knownAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  let reading: Promise<void> | undefined;

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

  return {
    has: (session) => ended.has(session),
    knownAt: () => knownAt,
    askedAt: () => askedAt,
    failure: () => failure,
    underWay: () => reading,
    read() {
      reading ??= load().finally(() => {
        reading = undefined;
      });
      return reading;
    },
    close: () => agent.destroy(),
  };
}
