import { userOf } from "../../identity/caller.ts";
import type { Action } from "../../saga/operations/act-on-saga.ts";
import type { SagaOperations } from "../../saga/operations/operate-sagas.ts";
import type { retrySaga, sagaOperations } from "../../saga/operations/operations-contract.ts";
import type { Handler, Handlers } from "../definition.ts";

/** The calls by which administrators operate the sagas of a service. */
export function sagaOperationCalls(operations: SagaOperations): Handlers<typeof sagaOperations> {
  const by =
    (action: Action): Handler<typeof retrySaga> =>
    ({ caller, params, body }) =>
      operations.act(params.id, { action, by: userOf(caller).id, ...body });
  return {
    listSagas: ({ query }) => operations.list(query),
    showSaga: ({ params }) => operations.show(params.id),
    retrySaga: by("retry"),
    skipSaga: by("skip"),
    compensateSaga: by("compensate"),
    checkSagas: ({ query }) => operations.check(query.cursor),
  };
}
