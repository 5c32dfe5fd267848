import { defineService, worker } from "@flotilla/chassis/service";
import { users } from "@flotilla/contracts/users";
import { accountStore } from "./account-store.ts";
import { auditTo } from "./audit.ts";
import { calls } from "./calls.ts";
import { config } from "./config.ts";
import { deleteUser } from "./delete-user.ts";
import { ensureAdmin } from "./ensure-admin.ts";
import { signingKeyStore } from "./keys/signing-key-store.ts";
import { signingKeys } from "./keys/signing-keys.ts";
import { announcePasswordResets } from "./password-reset/announce-password-resets.ts";
import { confirmPasswordReset } from "./password-reset/confirm-password-reset.ts";
import { issueResetToken } from "./password-reset/issue-reset-token.ts";
import { passwordResetStore } from "./password-reset/password-reset-store.ts";
import { requestPasswordReset } from "./password-reset/request-password-reset.ts";
import { createPasswords } from "./passwords/passwords.ts";
import { registerUser } from "./register-user.ts";
import { endSessions } from "./sessions/end-sessions.ts";
import { endedSessionStore } from "./sessions/ended-session-store.ts";
import { refreshSession } from "./sessions/refresh-session.ts";
import { sessionStore } from "./sessions/session-store.ts";
import { logIn } from "./sign-in/log-in.ts";
import { signIns } from "./sign-in/sign-in.ts";
import { signInFailureStore } from "./sign-in/sign-in-failure-store.ts";
import { signInLimits } from "./sign-in/sign-in-limits.ts";
import { signInRecordStore } from "./sign-in/sign-in-record-store.ts";
import { updateUser } from "./update-user.ts";

const MINUTE = 60_000;

/** The users: who has an account, who is signed in, and the keys by which everybody else can tell. */
export const service = defineService(users, {
  config,
  wire({ config: { ADMIN_EMAIL, ADMIN_PASSWORD }, database, publish, erase, clock, log }) {
    const accounts = accountStore(database);
    const sessions = sessionStore(database);
    const endedSessions = endedSessionStore(database);
    const resets = passwordResetStore(database);
    const records = signInRecordStore(database);
    const failures = signInFailureStore(database);
    const passwords = createPasswords();
    const keys = signingKeys({ database, store: signingKeyStore(database), clock });
    const audit = auditTo(log);
    const needs = {
      database,
      accounts,
      sessions,
      resets,
      passwords,
      publish,
      erase,
      clock,
      audit,
      signIns: signIns({ sessions, records, sign: keys.sign, clock }),
      limits: signInLimits({ store: failures, sessions, clock, audit }),
    };
    const announcing = worker("announce password resets", 5_000, announcePasswordResets(needs));
    return {
      answers: calls({
        accounts,
        sessions,
        records,
        endedSessions,
        keys,
        clock,
        registerUser: registerUser(needs),
        logIn: logIn(needs),
        refreshSession: refreshSession(needs),
        updateUser: updateUser(needs),
        deleteUser: deleteUser(needs),
        endSessions: endSessions(needs),
        requestPasswordReset: requestPasswordReset({ ...needs, wake: announcing.wake }),
        issueResetToken: issueResetToken(needs),
        confirmPasswordReset: confirmPasswordReset(needs),
      }),
      workers: [
        announcing,
        worker("refresh signing keys", MINUTE, keys.refresh),
        worker("forget expired sessions", 60 * MINUTE, () => sessions.forgetExpired(clock.now())),
        worker("forget records of sign-ins", 60 * MINUTE, () => records.forgetOld(clock.now())),
        worker("forget failed sign-ins", 5 * MINUTE, () => failures.forgetOld(clock.now())),
        worker("forget password resets", 5 * MINUTE, () => resets.forgetOld(clock.now())),
        worker("forget ended sessions", 5 * MINUTE, () => endedSessions.forgetOld(clock.now())),
      ],
      async prepare() {
        await keys.refresh();
        if (ADMIN_EMAIL && ADMIN_PASSWORD) return ensureAdmin(needs)(ADMIN_EMAIL, ADMIN_PASSWORD);
        // A shop that nobody can operate would help nobody.
        const left = await accounts.listAppointed(database);
        if (left.length > 0)
          log.warn(
            { users: left },
            "the settings name no administrator any more: those of before stay until others are named",
          );
      },
    };
  },
});
