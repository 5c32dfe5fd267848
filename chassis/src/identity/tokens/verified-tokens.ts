import type { Caller } from "../caller.ts";

/** What a verified token says, and when it ends in seconds of the wall clock. */
export type VerifiedToken = { readonly caller: Caller; readonly from: number; readonly until: number };

/** Remembers up to `most` verified tokens, so that none is verified twice; the oldest make room. */
export function verifiedTokens(most: number) {
  const tokens = new Map<string, VerifiedToken>();
  return {
    /** Who the token stands for at `now`; undefined when it is not known or has ended. */
    find(token: string, now: number): Caller | undefined {
      const known = tokens.get(token);
      if (!known) return undefined;
      if (now >= known.from && now < known.until) return known.caller;
      tokens.delete(token);
      return undefined;
    },
    clear(): void {
      tokens.clear();
    },
    keep(token: string, verified: VerifiedToken): void {
      tokens.set(token, verified);
      if (tokens.size <= most) return;
      const [oldest] = tokens.keys();
      if (oldest !== undefined) tokens.delete(oldest);
    },
  };
}
