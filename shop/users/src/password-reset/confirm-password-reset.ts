import type { Database } from "@flotilla/chassis/database";
import type { Publish } from "@flotilla/chassis/messaging";
import type { Clock } from "@flotilla/chassis/service";
import { resetTokenInvalid } from "@flotilla/contracts/password-reset";
import { credentialsChanged } from "@flotilla/contracts/users";
import type { AccountStore } from "../account-store.ts";
import type { Audit } from "../audit.ts";
import type { Passwords } from "../passwords/passwords.ts";
import { hashOf } from "../sessions/refresh-token.ts";
import type { SessionStore } from "../sessions/session-store.ts";
import type { SignInLimits } from "../sign-in/sign-in-limits.ts";
import type { PasswordResetStore } from "./password-reset-store.ts";

type Needs = {
  database: Database;
  accounts: AccountStore;
  sessions: SessionStore;
  resets: PasswordResetStore;
  passwords: Passwords;
  publish: Publish;
  clock: Clock;
  limits: SignInLimits;
  audit: Audit;
};

type Given = { token: string; password: string };

/**
 * Sets a new password by a token that came by mail, once; all sessions end, and the owner is told. Throws `reset_token_invalid`, which counts as
 * a failed sign-in of the network, and `rate_limited` when that happened too often.
 */
export const confirmPasswordReset =
  ({ database, accounts, sessions, resets, passwords, publish, clock, limits, audit }: Needs) =>
  async ({ token, password }: Given, network: string, signal?: AbortSignal): Promise<void> => {
    const attempt = { network, action: "reset_password" } as const;
    await limits.check(attempt);
    const reset = await resets.findByToken(hashOf(token), clock.now());
    if (!reset) {
      await limits.failed(attempt);
      audit({ action: "reset_password", result: "refused", what: resetTokenInvalid.code, network });
      throw resetTokenInvalid.failure();
    }
    const by = { network, subject: reset.accountId };
    const passwordHash = await passwords.inTurn(by, ({ hash }) => hash(password), signal);
    await database.transaction(async (tx) => {
      const account = await accounts.findForChange(tx, reset.accountId);
      const isGood = account && (await resets.removeOf(tx, account.id)).includes(reset.id);
      if (!isGood) throw resetTokenInvalid.failure();
      await accounts.save(tx, { ...account, passwordHash });
      await sessions.endOthers(tx, account.id, undefined, clock.now());
      const changedAt = clock.now().toISOString();
      await publish(tx, credentialsChanged, {
        userId: account.id,
        email: account.email,
        changed: ["password"],
        changedAt,
      });
    });
    audit({ action: "reset_password", result: "done", userId: reset.accountId, network });
  };
