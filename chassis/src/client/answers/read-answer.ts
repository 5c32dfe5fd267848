import type { TSchema } from "typebox";
import type { Call } from "../../contract/call.ts";
import { tolerantValidator } from "../../contract/validation/tolerant.ts";
import { jsonValidator, type Validator } from "../../contract/validation/validate.ts";
import { parseUnquoted } from "../../core/configuration/parse-unquoted.ts";
import type { HttpAnswer } from "./exchange.ts";
import { mediaType } from "./media-type.ts";
import { outsideContract } from "./outside-contract.ts";
import { problemReader } from "./read-problem.ts";

/** Returns the reply's body, valid as the contract says and without what it does not know, or throws the {@link Failure} that the answer stands for. */
export type AnswerReader = (answer: HttpAnswer) => unknown;

/** Makes the reader of a call's answers; the schemas of its replies are compiled here, once. */
export function answerReader(call: Call): AnswerReader {
  const replies = new Map(
    Object.entries(call.shape.replies).map(([status, schema]) => [Number(status), replyReader(schema)]),
  );
  const readProblem = problemReader(call);
  return (answer) => {
    const read = replies.get(answer.status);
    if (read) return read(answer);
    throw answer.status >= 400
      ? readProblem(answer)
      : outsideContract(`a status that the contract does not have: ${answer.status}`);
  };
}

function replyReader(schema: TSchema | null): AnswerReader {
  if (schema === null) return () => undefined;
  const media = (schema as { contentMediaType?: string }).contentMediaType;
  const validate = media === undefined ? tolerantValidator(schema) : jsonValidator(schema);
  return (answer) => {
    const type = mediaType(answer);
    if (type !== (media ?? "application/json")) throw outsideContract(`a reply of the type ${type.slice(0, 100)}`);
    return valid(validate, media === undefined ? parse(answer.text) : answer.text);
  };
}

function valid(validate: Validator<unknown>, value: unknown): unknown {
  try {
    return validate(value);
  } catch (cause) {
    throw outsideContract("a reply that is not valid", cause);
  }
}

function parse(text: string): unknown {
  try {
    return parseUnquoted(text);
  } catch (cause) {
    throw outsideContract("a reply that is not JSON", cause);
  }
}
