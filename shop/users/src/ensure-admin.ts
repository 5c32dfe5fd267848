import type { Database } from "@flotilla/chassis/database";
import type { Publish } from "@flotilla/chassis/messaging";
import { type Clock, newId } from "@flotilla/chassis/service";
import { userCreated } from "@flotilla/contracts/users";
import { newAccount } from "./account.ts";
import type { AccountStore } from "./account-store.ts";
import type { Audit } from "./audit.ts";
import type { Passwords } from "./passwords/passwords.ts";
import { userFacts } from "./register-user.ts";
import type { SessionStore } from "./sessions/session-store.ts";

type Needs = {
  database: Database;
  accounts: AccountStore;
  sessions: SessionStore;
  passwords: Passwords;
  publish: Publish;
  clock: Clock;
  audit: Audit;
};

/**
 * Sees to it that the account with this email is an administrator's and has this password, and that accounts which an earlier email of the
 * settings made administrators' are so no longer. Where it was not so, the accounts' sessions end. Several replicas may do it at the same time.
 */
export const ensureAdmin =
  (needs: Needs) =>
  async (email: string, password: string): Promise<void> => {
    await appoint(needs, email, password);
    const { database, accounts, sessions, clock, audit } = needs;
    await database.transaction(async (tx) => {
      for (const id of await accounts.dismissOthers(tx, email)) {
        await sessions.endOthers(tx, id, undefined, clock.now());
        tx.afterCommit(() => audit({ action: "appoint_administrator", result: "done", what: "dismissed", userId: id }));
      }
    });
  };

async function appoint(
  { database, accounts, sessions, passwords, publish, clock, audit }: Needs,
  email: string,
  password: string,
): Promise<void> {
  const known = await accounts.findByEmail(email);
  const by = { network: "", subject: "settings" };
  const isRight = (hash: string) => passwords.inTurn(by, ({ verify }) => verify(password, hash));
  if (known?.role === "admin" && (await isRight(known.passwordHash))) return;
  const passwordHash = await passwords.inTurn(by, ({ hash }) => hash(password));
  const admin = newAccount(newId(), { name: "Administrator", email, passwordHash }, "admin", clock.now());
  await database.transaction(async (tx) => {
    if (!known) {
      // Where another replica was quicker, it did so with the same settings.
      if (!(await accounts.add(tx, admin))) return;
      await accounts.appoint(tx, admin.id);
      await publish(tx, userCreated, userFacts(admin));
      return;
    }
    const account = await accounts.findForChange(tx, known.id);
    if (!account) return;
    await accounts.save(tx, { ...account, role: "admin", passwordHash });
    await accounts.appoint(tx, account.id);
    await sessions.endOthers(tx, account.id, undefined, clock.now());
  });
  audit({ action: "appoint_administrator", result: "done", userId: known?.id ?? admin.id });
}
