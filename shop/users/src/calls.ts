import { pageOf } from "@flotilla/chassis/contract/page";
import type { Clock } from "@flotilla/chassis/core/clock";
import { notFound } from "@flotilla/chassis/core/failure";
import { userOf } from "@flotilla/chassis/identity/caller";
import type { Handlers } from "@flotilla/chassis/service";
import type { users as contract } from "@flotilla/contracts/users";
import { type Account, contactOf, mayAccess, shownUser } from "./account.ts";
import type { AccountStore } from "./account-store.ts";
import type { deleteUser } from "./delete-user.ts";
import type { EndedSessionStore } from "./ended-session-store.ts";
import type { SigningKeys } from "./keys/signing-keys.ts";
import type { logIn } from "./log-in.ts";
import type { refreshSession } from "./refresh-session.ts";
import type { registerUser } from "./register-user.ts";
import type { SessionStore } from "./session-store.ts";
import type { updateUser } from "./update-user.ts";

type Needs = {
  accounts: AccountStore;
  sessions: SessionStore;
  endedSessions: EndedSessionStore;
  keys: SigningKeys;
  clock: Clock;
  registerUser: ReturnType<typeof registerUser>;
  logIn: ReturnType<typeof logIn>;
  refreshSession: ReturnType<typeof refreshSession>;
  updateUser: ReturnType<typeof updateUser>;
  deleteUser: ReturnType<typeof deleteUser>;
};

/** The answers of the users service. */
export const calls = (needs: Needs): Handlers<typeof contract> => {
  const {
    accounts,
    sessions,
    endedSessions,
    keys,
    clock,
    registerUser,
    logIn,
    refreshSession,
    updateUser,
    deleteUser,
  } = needs;

  async function existing(id: string): Promise<Account> {
    const account = await accounts.find(id);
    if (!account) throw notFound.failure();
    return account;
  }

  return {
    register: ({ body, network, signal }) => registerUser(body, network, signal),
    login: ({ body, network, signal }) => logIn(body, network, signal),
    refresh: ({ body }) => refreshSession(body.refreshToken),
    async logout({ caller }) {
      const { id, session } = userOf(caller);
      await sessions.end({ id: session, accountId: id }, clock.now());
    },
    getKeys: async () => ({ keys: keys.shown() }),
    getMe: async ({ caller }) => shownUser(await existing(userOf(caller).id)),
    async getUser({ caller, params }) {
      if (!mayAccess(userOf(caller), params.id)) throw notFound.failure();
      return shownUser(await existing(params.id));
    },
    updateUser: ({ caller, params, body, signal }) => updateUser(userOf(caller), params.id, body, signal),
    async deleteUser({ caller, params }) {
      await deleteUser(userOf(caller), params.id);
    },
    async listUsers({ query: { cursor, limit } }) {
      const rows = await accounts.list(cursor, limit + 1);
      return pageOf(rows.map(shownUser), limit);
    },
    listEndedSessions: ({ query }) => endedSessions.list(query, clock.now()),
    getContact: async ({ params }) => contactOf(await existing(params.id)),
  };
};
