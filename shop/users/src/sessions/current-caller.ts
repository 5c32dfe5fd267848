import type { Transaction } from "@flotilla/chassis/database";
import { tokenInvalid } from "@flotilla/chassis/failure";
import type { User as Caller } from "@flotilla/chassis/identity";
import type { SessionStore } from "./session-store.ts";

/**
 * The caller with the role it has now, for what changes accounts and sessions: its token may be older than that. In a transaction session and
 * role stay so until it ends. Throws `token_invalid` when the session has ended.
 */
export async function currentCaller(
  sessions: Pick<SessionStore, "findRole">,
  caller: Caller,
  tx?: Transaction,
): Promise<Caller> {
  const role = await sessions.findRole({ id: caller.session, accountId: caller.id }, tx);
  if (role === undefined) throw tokenInvalid.failure({ cause: new Error("the session has ended") });
  return { ...caller, role };
}
