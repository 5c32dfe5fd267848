import { Type } from "typebox";
import type { Call } from "../../contract/call.ts";
import { jsonValidator } from "../../contract/validation/validate.ts";
import {
  deadlineExceeded,
  type Failure,
  type FailureDefinition,
  type FailureDetails,
  forbidden,
  invalidInput,
  malformedJson,
  methodNotAllowed,
  notFound,
  preconditionFailed,
  rateLimited,
  tooLarge,
  unavailable,
  unsupportedMediaType,
  upstreamFailed,
} from "../../core/failure/failure.ts";
import { onlyHeaderOf } from "../transports/http/response-head.ts";
import type { HttpAnswer } from "./exchange.ts";
import { mediaType } from "./media-type.ts";
import { outsideContract } from "./outside-contract.ts";

/** What any call may be refused with besides what its contract names. */
export const commonRefusals: readonly FailureDefinition[] = [
  invalidInput,
  malformedJson,
  forbidden,
  notFound,
  methodNotAllowed,
  preconditionFailed,
  tooLarge,
  unsupportedMediaType,
];

/** The part of a problem that is read, of which everything is bounded. */
const validProblem = jsonValidator(
  Type.Object({
    code: Type.String({ maxLength: 100 }),
    errors: Type.Optional(
      Type.Array(Type.Object({ path: Type.String({ maxLength: 500 }), message: Type.String({ maxLength: 500 }) }), {
        maxItems: 50,
      }),
    ),
  }),
);

/**
 * Makes the reader of a call's answers from 400 on. It returns
 * - the failure that the contract names, or a refusal that any call may give, by the problem's code;
 * - for 408, 425, 429 and 5xx the outage that the status stands for;
 * - for 401 an outage as well: the service did not take our own token, nothing was done, and whoever asked us is not to blame;
 * - for any other 4xx a bug: it may be a no, but not one that the contract lets us act upon.
 */
export function problemReader(call: Call): (answer: HttpAnswer) => Failure {
  const known = new Map(
    [...commonRefusals, ...(call.shape.refuses ?? [])].map((definition) => [definition.code, definition]),
  );
  return (answer) => {
    const problem = readProblem(answer);
    const details: FailureDetails = { retryAfter: retryAfter(answer), errors: problem?.errors };
    const definition = problem && known.get(problem.code);
    if (definition) return definition.failure(details);
    const outage = outageOf(answer.status);
    const told = `answered ${answer.status} ${problem?.code ?? mediaType(answer)}`;
    return outage ? outage.failure({ retryAfter: details.retryAfter, cause: new Error(told) }) : outsideContract(told);
  };
}

function outageOf(status: number): FailureDefinition | undefined {
  if (status === 429) return rateLimited;
  if (status === 503 || status === 425) return unavailable;
  if (status === 504 || status === 408) return deadlineExceeded;
  return status >= 500 || status === 401 ? upstreamFailed : undefined;
}

function readProblem(answer: HttpAnswer): ReturnType<typeof validProblem> | undefined {
  if (mediaType(answer) !== "application/problem+json") return undefined;
  try {
    return validProblem(JSON.parse(answer.text));
  } catch {
    return undefined;
  }
}

/** `Retry-After` in seconds, when it is a number of them. */
function retryAfter({ headers }: HttpAnswer): number | undefined {
  const header = onlyHeaderOf(headers, "retry-after") ?? "";
  return /^\d{1,5}$/.test(header) ? Number(header) : undefined;
}
