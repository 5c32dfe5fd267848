import { pageOf } from "@flotilla/chassis/contract";
import { notFound } from "@flotilla/chassis/failure";
import { userOf } from "@flotilla/chassis/identity";
import type { Clock, Handlers } from "@flotilla/chassis/service";
import type { Session } from "@flotilla/contracts/sessions";
import type { users as contract } from "@flotilla/contracts/users";
import { type Account, contactOf, mayAccess, shownUser } from "./account.ts";
import type { AccountStore } from "./account-store.ts";
import type { deleteUser } from "./delete-user.ts";
import type { SigningKeys } from "./keys/signing-keys.ts";
import type { confirmPasswordReset } from "./password-reset/confirm-password-reset.ts";
import type { issueResetToken } from "./password-reset/issue-reset-token.ts";
import type { requestPasswordReset } from "./password-reset/request-password-reset.ts";
import type { registerUser } from "./register-user.ts";
import type { endSessions } from "./sessions/end-sessions.ts";
import type { EndedSessionStore } from "./sessions/ended-session-store.ts";
import type { refreshSession } from "./sessions/refresh-session.ts";
import type { SessionStore, StoredSession } from "./sessions/session-store.ts";
import type { logIn } from "./sign-in/log-in.ts";
import { shownSignIn } from "./sign-in/shown-sign-in.ts";
import type { SignInRecordStore } from "./sign-in/sign-in-record-store.ts";
import type { updateUser } from "./update-user.ts";

type Needs = {
  accounts: AccountStore;
  sessions: SessionStore;
  records: SignInRecordStore;
  endedSessions: EndedSessionStore;
  keys: SigningKeys;
  clock: Clock;
  registerUser: ReturnType<typeof registerUser>;
  logIn: ReturnType<typeof logIn>;
  refreshSession: ReturnType<typeof refreshSession>;
  updateUser: ReturnType<typeof updateUser>;
  deleteUser: ReturnType<typeof deleteUser>;
  endSessions: ReturnType<typeof endSessions>;
  requestPasswordReset: ReturnType<typeof requestPasswordReset>;
  issueResetToken: ReturnType<typeof issueResetToken>;
  confirmPasswordReset: ReturnType<typeof confirmPasswordReset>;
};

/** The answers of the users service. */
export const calls = (needs: Needs): Handlers<typeof contract> => {
  const { accounts, sessions, records, endedSessions, keys, clock, endSessions } = needs;

  async function existing(id: string): Promise<Account> {
    const account = await accounts.find(id);
    if (!account) throw notFound.failure();
    return account;
  }

  return {
    register: ({ body, network, signal }) => needs.registerUser(body, network, signal),
    login: ({ body, network, signal }) => needs.logIn(body, network, signal),
    refresh: ({ body }) => needs.refreshSession(body.refreshToken),
    async logout({ caller }) {
      await endSessions.current(userOf(caller));
    },
    async listSessions({ caller, query: { cursor, limit } }) {
      const { id, session } = userOf(caller);
      const rows = await sessions.list(id, cursor, clock.now(), limit + 1);
      return pageOf(
        rows.map((row) => shownSession(row, session)),
        limit,
      );
    },
    async listSignIns({ caller, query: { cursor, limit, userId } }) {
      const asking = userOf(caller);
      const id = userId ?? asking.id;
      if (!mayAccess(asking, id)) throw notFound.failure();
      const rows = await records.list(id, cursor, limit + 1);
      return pageOf(rows.map(shownSignIn), limit);
    },
    async endAllSessions({ caller }) {
      await endSessions.all(userOf(caller));
    },
    async endSession({ caller, params }) {
      await endSessions.one(userOf(caller), params.id);
    },
    async requestPasswordReset({ body, network }) {
      await needs.requestPasswordReset(body.email, network);
    },
    issueResetToken: ({ params }) => needs.issueResetToken(params.id),
    async confirmPasswordReset({ body, network, signal }) {
      await needs.confirmPasswordReset(body, network, signal);
    },
    getKeys: async () => ({ keys: keys.shown() }),
    getMe: async ({ caller }) => shownUser(await existing(userOf(caller).id)),
    async getUser({ caller, params }) {
      if (!mayAccess(userOf(caller), params.id)) throw notFound.failure();
      return shownUser(await existing(params.id));
    },
    updateUser: ({ caller, params, body, network, signal }) =>
      needs.updateUser({ caller: userOf(caller), id: params.id, change: body, network, signal }),
    async deleteUser({ caller, params }) {
      await needs.deleteUser(userOf(caller), params.id);
    },
    async listUsers({ query: { cursor, limit } }) {
      const rows = await accounts.list(cursor, limit + 1);
      return pageOf(rows.map(shownUser), limit);
    },
    listEndedSessions: ({ query }) => endedSessions.list(query, clock.now()),
    getContact: async ({ params }) => contactOf(await existing(params.id)),
  };
};

const shownSession = ({ id, createdAt, expiresAt }: StoredSession, current: string): Session => ({
  id,
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
  current: id === current,
});
