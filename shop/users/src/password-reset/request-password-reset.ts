import { type Clock, newId } from "@flotilla/chassis/service";
import { emailKey } from "../account.ts";
import type { Audit } from "../audit.ts";
import type { SignInLimits } from "../sign-in/sign-in-limits.ts";
import type { PasswordResetStore } from "./password-reset-store.ts";

type Needs = {
  resets: Pick<PasswordResetStore, "add">;
  limits: Pick<SignInLimits, "resetRequested">;
  clock: Clock;
  audit: Audit;
  /** Has what was asked for looked at without waiting. */
  wake: () => void;
};

/**
 * Notes that somebody wants to reset a password. Whether there is such an account is looked up later, so that neither the answer nor its time
 * can tell. Throws `rate_limited` when a network asks too often; what is asked for one email too often is left aside.
 */
export const requestPasswordReset =
  ({ resets, limits, clock, audit, wake }: Needs) =>
  async (email: string, network: string): Promise<void> => {
    await limits.resetRequested(network);
    await resets.add({ id: newId(), emailKey: emailKey(email), now: clock.now() });
    audit({ action: "request_password_reset", result: "done", network });
    wake();
  };
