import type { TSchema } from "typebox";
import {
  deadlineExceeded,
  forbidden,
  invalidInput,
  malformedJson,
  rateLimited,
  tokenInvalid,
  tokenMissing,
  tooLarge,
  unavailable,
  unsupportedMediaType,
  upstreamFailed,
} from "../../core/failure/failure.ts";
import { STATUS_CODES } from "../../core/network/node-http.ts";
import type { Call } from "../call.ts";
import { PROBLEM_MEDIA_TYPE } from "../problem.ts";

type Refusal = { code: string; status: number; title: string };

const keyRequired: Refusal = {
  code: "idempotency_key_required",
  status: 400,
  title: "An Idempotency-Key header is required",
};

const malformed: Refusal = { code: "malformed_request", status: 400, title: "The request is not well-formed HTTP" };

/** The answers of a call for OpenAPI: its replies, and for each status of a refusal the codes that come with it. */
export function openApiResponses(call: Call): Record<string, unknown> {
  const responses: Record<string, unknown> = {};
  for (const [status, schema] of Object.entries(call.shape.replies)) responses[status] = reply(status, schema);
  const byStatus = Map.groupBy(refusalsOf(call), ({ status }) => String(status));
  for (const [status, refusals] of byStatus) responses[status] = problem(refusals);
  responses["default"] = {
    description: "Any other problem, such as 408 `request_timeout`, 431 `headers_too_large` or 500 `internal_error`",
    content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } },
  };
  return responses;
}

/** What the call refuses by its own rules, and what follows from its shape. */
function refusalsOf({ method, shape }: Call): Refusal[] {
  const { access, idempotencyKey, refuses = [] } = shape;
  return [
    ...[malformed, invalidInput, rateLimited, upstreamFailed, unavailable, deadlineExceeded],
    // Those of calls that take no body are for who sends one.
    ...(method === "GET" ? [] : [malformedJson, tooLarge, unsupportedMediaType]),
    // Where the key may be left out it must not be empty.
    ...(idempotencyKey ? [keyRequired] : []),
    ...(access === "public" ? [] : [tokenMissing, tokenInvalid]),
    ...(access === "admin" ? [forbidden] : []),
    ...refuses,
  ];
}

function reply(status: string, schema: TSchema | null): unknown {
  const description = STATUS_CODES[status] ?? "Success";
  if (schema === null) return { description };
  const { contentMediaType = "application/json" } = schema as { contentMediaType?: string };
  // A schema of events would be read as that of each event's data.
  const isStream = contentMediaType === "text/event-stream";
  return { description, content: { [contentMediaType]: isStream ? {} : { schema } } };
}

function problem(refusals: Refusal[]): unknown {
  const codes = [...new Set(refusals.map(({ code }) => code))];
  return {
    description: refusals.map(({ code, title }) => `\`${code}\`: ${title}`).join("\n\n"),
    content: {
      [PROBLEM_MEDIA_TYPE]: {
        schema: { $ref: "#/components/schemas/Problem", properties: { code: { enum: codes } } },
      },
    },
  };
}
