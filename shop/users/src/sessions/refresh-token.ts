import { createHash, randomBytes } from "node:crypto";

const DAY = 24 * 60 * 60 * 1_000;
const LIFETIME = 30 * DAY;

/** A refresh token as the database keeps it, with what became of its session. */
export type StoredToken = {
  readonly sessionId: string;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
  readonly sessionEndedAt: Date | null;
};

/** `good` once; `reused` when it was used before, which tells that somebody else has it; `invalid` otherwise. */
export type RefreshVerdict = "good" | "reused" | "invalid";

export function judgeRefresh(token: StoredToken | undefined, now: Date): RefreshVerdict {
  if (!token) return "invalid";
  if (token.usedAt) return "reused";
  return token.sessionEndedAt || token.expiresAt <= now ? "invalid" : "good";
}

/** A new token: 256 random bits, base64url. */
export const newRefreshToken = (): string => randomBytes(32).toString("base64url");

/** What is stored of a token. It is random enough that a plain hash can't be guessed back. */
export const hashOf = (token: string): Buffer => createHash("sha256").update(token).digest();

export const refreshExpiry = (now: Date): Date => new Date(now.getTime() + LIFETIME);
