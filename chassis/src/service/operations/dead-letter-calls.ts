import { userOf } from "../../identity/caller.ts";
import type { deadLetterOperations } from "../../messaging/dead-letters/dead-letter-contract.ts";
import type { DeadLetterOperations } from "../../messaging/dead-letters/operate-dead-letters.ts";
import type { Handlers } from "../definition.ts";

/** The calls by which administrators operate the messages of a service that went wrong. */
export function deadLetterCalls(operations: DeadLetterOperations): Handlers<typeof deadLetterOperations> {
  return {
    listDeadLetters: ({ query }) => operations.list(query),
    showDeadLetter: ({ params }) => operations.show(params.id),
    async redriveDeadLetters({ caller, body: { ids, type, perSecond, reason } }) {
      return { count: await operations.redrive({ ids, type }, perSecond, { by: userOf(caller).id, reason }) };
    },
    async discardDeadLetters({ caller, body: { ids, type, reason } }) {
      return { count: await operations.discard({ ids, type }, { by: userOf(caller).id, reason }) };
    },
    editDeadLetter: ({ caller, params, body: { body, version, reason } }) =>
      operations.edit(params.id, { body, version }, { by: userOf(caller).id, reason }),
    listUnsentEvents: async () => ({ items: await operations.unsent() }),
    resendEvents: async ({ body }) => ({ count: await operations.resend(body.seqs) }),
  };
}
