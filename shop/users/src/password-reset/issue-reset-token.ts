import { notFound } from "@flotilla/chassis/failure";
import type { Clock } from "@flotilla/chassis/service";
import { hashOf, newRefreshToken } from "../sessions/refresh-token.ts";
import type { PasswordResetStore } from "./password-reset-store.ts";

type Needs = { resets: Pick<PasswordResetStore, "addToken">; clock: Clock };

/** Makes a token for a reset, of which only the hash is kept. Throws `not_found` when the reset is good no more. */
export const issueResetToken =
  ({ resets, clock }: Needs) =>
  async (id: string): Promise<{ token: string; email: string; expiresAt: string }> => {
    const token = newRefreshToken();
    const found = await resets.addToken(id, hashOf(token), clock.now());
    if (!found) throw notFound.failure();
    return { token, email: found.email, expiresAt: found.expiresAt.toISOString() };
  };
