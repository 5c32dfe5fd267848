import { outsideContract } from "../../client/answers/outside-contract.ts";
import { answerReader } from "../../client/answers/read-answer.ts";
import { commonRefusals } from "../../client/answers/read-problem.ts";
import { type Call, routeOf } from "../../contract/call.ts";
import { idempotencyKeyRequired } from "../../contract/idempotency-key.ts";
import type { ProblemBody } from "../../contract/problem.ts";
import { Failure, internalError, tokenInvalid, tokenMissing } from "../../core/failure/failure.ts";

const bySurroundings = [...commonRefusals, tokenMissing, tokenInvalid, idempotencyKeyRequired];

/** Whether a refusal is one that the call's contract names, or that every call may give. */
export const mayRefuse = (call: Call, code: string): boolean =>
  [...bySurroundings, ...(call.shape.refuses ?? [])].some((known) => known.code === code);

/** What an answer says: the reply's body, valid as the contract says, or the failure. */
export type Outcome = { readonly reply: unknown } | { readonly failure: Failure };

/**
 * Makes the reader of a call's answers. A refusal or reply that the contract does not name is a failure of the kind `bug`; `errorOf` tells
 * what the service logged for a request, which becomes the cause of a failure that nobody expected.
 */
export function outcomeReader(call: Call, errorOf: (requestId: string) => Error | undefined) {
  const readReply = answerReader(call);
  return ({ status, headers }: Response, text: string): Outcome => {
    if (status === 304) return { reply: undefined };
    if (status >= 400) return { failure: failureOf(call, JSON.parse(text) as ProblemBody, headers, errorOf) };
    try {
      return { reply: readReply({ status, headers: [...headers].flat(), text }) };
    } catch (failure) {
      return { failure: failure as Failure };
    }
  };
}

function failureOf(
  call: Call,
  { code, status, title, errors, instance }: ProblemBody,
  headers: Headers,
  errorOf: (requestId: string) => Error | undefined,
): Failure {
  const isOutage = status >= 500 || [408, 425, 429].includes(status);
  if (!isOutage && !mayRefuse(call, code))
    return outsideContract(`answered ${status} ${code}, which \`refuses\` of ${routeOf(call)} does not name`);
  const kind = code === internalError.code ? "bug" : isOutage ? "unavailable" : "refused";
  const retryAfter = Number(headers.get("retry-after")) || undefined;
  return new Failure({ ...internalError, code, status, title, kind }, { errors, retryAfter, cause: errorOf(instance) });
}
