import type { Database, Transaction } from "@flotilla/chassis/database";
import { notFound } from "@flotilla/chassis/failure";
import type { User as Caller } from "@flotilla/chassis/identity";
import type { Publish } from "@flotilla/chassis/messaging";
import { type Clock, newId } from "@flotilla/chassis/service";
import { credentialsChanged, emailTaken, passwordWrong, type User } from "@flotilla/contracts/users";
import { type Account, changeAccount, changedCredentials, mayAccess, shownUser } from "./account.ts";
import { type AccountStore, isEmailTaken } from "./account-store.ts";
import type { Audit } from "./audit.ts";
import type { PasswordResetStore } from "./password-reset/password-reset-store.ts";
import type { Passwords } from "./passwords/passwords.ts";
import { currentCaller } from "./sessions/current-caller.ts";
import type { SessionStore } from "./sessions/session-store.ts";
import type { SignInLimits } from "./sign-in/sign-in-limits.ts";

type Needs = {
  database: Database;
  accounts: AccountStore;
  sessions: SessionStore;
  resets: Pick<PasswordResetStore, "removeOf">;
  passwords: Passwords;
  publish: Publish;
  clock: Clock;
  limits: SignInLimits;
  audit: Audit;
};

type UserChange = { name?: string; email?: string; password?: string; currentPassword?: string };

/** Who changes what, and from where. */
type Request = { caller: Caller; id: string; change: UserChange; network: string; signal?: AbortSignal | undefined };

/**
 * Changes a user; what is left out stays. For a new email or password of one's own the current password has to be right. Either ends the
 * user's other sessions, a new password also all access tokens: the session that changed it goes on with its refresh token. The email before
 * the change is told of it. Throws `not_found` (also for users that are not the caller's to change), `email_taken`, `password_wrong`,
 * `rate_limited` when that happened too often, and `token_invalid` when the caller's session has ended.
 */
export const updateUser = (needs: Needs) => {
  const { database, accounts, sessions } = needs;
  return async (request: Request): Promise<User> => {
    const { caller, id, change } = request;
    const { password: _, currentPassword: __, ...details } = change;
    // All that costs little comes before passwords are hashed.
    const [now, known] = await Promise.all([currentCaller(sessions, caller), accounts.find(id)]);
    if (!known || !mayAccess(now, id)) throw notFound.failure();
    const { email } = changeAccount(known, details);
    const mustProve = caller.id === id && (change.password !== undefined || email !== known.email);
    const passwordHash = await hashOfNew(needs, request, known, mustProve);
    const save = database.transaction(async (tx) => {
      const before = await accounts.findForChange(tx, id);
      if (!before || !mayAccess(await currentCaller(sessions, caller, tx), id)) throw notFound.failure();
      if (mustProve && before.passwordHash !== known.passwordHash) throw passwordWrong.failure();
      const after = changeAccount(before, { ...details, ...(passwordHash !== undefined && { passwordHash }) });
      await accounts.save(tx, after);
      await followChange(needs, tx, caller, before, after);
      return shownUser(after);
    });
    return save.catch((error: unknown) => {
      throw isEmailTaken(error) ? emailTaken.failure({ cause: error }) : error;
    });
  };
};

/** The hash of the new password, if there is one; the current password is verified in the same turn. */
async function hashOfNew(
  { passwords, limits, audit }: Needs,
  { caller, change, network, signal }: Request,
  { id, email, passwordHash }: Account,
  mustProve: boolean,
): Promise<string | undefined> {
  const { password, currentPassword } = change;
  if (!mustProve && password === undefined) return undefined;
  if (mustProve && currentPassword === undefined) throw passwordWrong.failure();
  const attempt = { email, network, action: "change_credentials" } as const;
  if (mustProve) await limits.check(attempt);
  return passwords.inTurn(
    { network, subject: caller.id },
    async ({ verify, hash }) => {
      if (mustProve) {
        // Many may have waited together; those before this one count.
        await limits.check(attempt);
        if (!(await verify(currentPassword ?? "", passwordHash))) {
          await limits.failed(attempt);
          audit({ action: "change_credentials", result: "refused", what: passwordWrong.code, userId: id, network });
          throw passwordWrong.failure();
        }
      }
      return password === undefined ? undefined : hash(password);
    },
    signal,
  );
}

/** What new credentials bring about: other sessions and password resets under way end, and the owner is told. */
async function followChange(
  { sessions, resets, publish, clock, audit }: Needs,
  tx: Transaction,
  caller: Caller,
  before: Account,
  after: Account,
): Promise<void> {
  const changed = changedCredentials(before, after);
  if (changed.length === 0) return;
  const { id } = before;
  const next = changed.includes("password") ? newId() : caller.session;
  if (next !== caller.session) await sessions.renew(tx, { id: caller.session, accountId: id }, next);
  await sessions.endOthers(tx, id, next, clock.now());
  await resets.removeOf(tx, id);
  const changedAt = clock.now().toISOString();
  await publish(tx, credentialsChanged, { userId: id, email: before.email, changed, changedAt });
  const what = changed.join(" and ");
  tx.afterCommit(() => audit({ action: "change_credentials", result: "done", what, userId: id, by: caller.id }));
}
