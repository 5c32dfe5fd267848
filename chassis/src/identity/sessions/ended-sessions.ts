import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "../../core/clock.ts";
import { unavailable } from "../../core/failure/failure.ts";
import { type EndedSessionOptions, endedSessionReader } from "./ended-session-reader.ts";

/** Which sessions have ended while access tokens of theirs may still be in time. */
export type EndedSessions = {
  /** Whether the session has ended, as far as is known here. Throws `unavailable` while nothing is known yet. */
  has(session: string): boolean | Promise<boolean>;
  /**
   * Whether the session has ended by now: the identity service is asked after the question, once for all who ask at the same time. Rejects with
   * `unavailable` when it can't be told.
   */
  hasNow(session: string): Promise<boolean>;
  close(): Promise<void>;
};

/** Milliseconds for which what is known is good without asking. */
const FRESH = 2_500;
/** Milliseconds after which nobody is let in before the identity service was asked. */
const STALE = 5_000;
/**
 * For how many times as long as a reading took the next one that is asked for waits, and at most how many milliseconds: those who ask one after
 * the other share it, the more of them the busier the machines are.
 */
const REST = 3;
const LONGEST_REST = 50;

/**
 * The ended sessions, asked of the identity service when somebody wants to know and the last answer is two and a half seconds old; only after
 * five seconds in which nobody did has anybody to wait for it: a session that ended longer ago is good nowhere. While the identity service is
 * away, what was last known stays.
 */
export function endedSessions(options: EndedSessionOptions): EndedSessions {
  const { clock = systemClock } = options;
  const reader = endedSessionReader(options);
  /** A reading that has not begun yet. */
  let next: Promise<void> | undefined;
  let restsUntil = Number.NEGATIVE_INFINITY;

  const isKnown = () => reader.knownAt() !== Number.NEGATIVE_INFINITY;
  const notTold = () => unavailable.failure({ cause: reader.failure(), retryAfter: 2 });

  async function hasAfterReading(session: string): Promise<boolean> {
    await reader.underWay();
    if (!isKnown()) throw notTold();
    return reader.has(session);
  }

  async function readAfterwards(): Promise<void> {
    await reader.underWay();
    const pause = restsUntil - performance.now();
    if (pause > 0) await delay(pause);
    next = undefined;
    const began = performance.now();
    await reader.read();
    const ended = performance.now();
    restsUntil = ended + Math.min(LONGEST_REST, REST * (ended - began));
    // The kept connection may have been closed while nobody asked.
    if (reader.failure() !== undefined) await reader.read();
  }

  return {
    has(session) {
      const now = clock.monotonic();
      const age = now - reader.knownAt();
      if (age < FRESH) return reader.has(session);
      if (now - reader.askedAt() >= FRESH) void reader.read();
      // In an outage nobody waits for an answer that others have waited for in vain.
      const mayWait = !isKnown() || (age >= STALE && reader.failure() === undefined);
      return mayWait ? hasAfterReading(session) : reader.has(session);
    },
    async hasNow(session) {
      const asked = clock.monotonic();
      do {
        next ??= readAfterwards();
        await next;
        if (reader.failure() !== undefined) throw notTold();
        // The reading may have been one that `has` began before the question.
      } while (reader.knownAt() < asked);
      return reader.has(session);
    },
    close: async () => reader.close(),
  };
}
