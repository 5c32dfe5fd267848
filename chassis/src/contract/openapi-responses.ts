import type { TSchema } from "typebox";
import {
  forbidden,
  invalidInput,
  malformedJson,
  tokenInvalid,
  tokenMissing,
  tooLarge,
  unsupportedMediaType,
} from "../core/failure.ts";
import { STATUS_CODES } from "../core/node-http.ts";
import type { Call } from "./call.ts";
import { PROBLEM_MEDIA_TYPE } from "./problem.ts";

type Refusal = { code: string; status: number; title: string };

const keyRequired: Refusal = {
  code: "idempotency_key_required",
  status: 400,
  title: "An Idempotency-Key header is required",
};

/** The answers of a call for OpenAPI: its replies, and for each status of a refusal the codes that come with it. */
export function openApiResponses(call: Call): Record<string, unknown> {
  const responses: Record<string, unknown> = {};
  for (const [status, schema] of Object.entries(call.shape.replies)) responses[status] = reply(status, schema);
  const byStatus = Map.groupBy(refusalsOf(call), ({ status }) => String(status));
  for (const [status, refusals] of byStatus) responses[status] = problem(refusals);
  responses["default"] = {
    description: "Any other problem, such as 429 `rate_limited`, 503 `unavailable` or 504 `deadline_exceeded`",
    content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } },
  };
  return responses;
}

/** What the call refuses by its own rules, and what follows from its shape. */
function refusalsOf({ path, shape }: Call): Refusal[] {
  const { access, params, query, headers, body, idempotencyKey, refuses = [] } = shape;
  const takesInput = params || query || headers || body || path.includes("{");
  return [
    ...(takesInput ? [invalidInput] : []),
    ...(body ? [malformedJson, tooLarge, unsupportedMediaType] : []),
    ...(idempotencyKey === "required" ? [keyRequired] : []),
    ...(access === "public" ? [] : [tokenMissing, tokenInvalid]),
    ...(access === "admin" ? [forbidden] : []),
    ...refuses,
  ];
}

function reply(status: string, schema: TSchema | null): unknown {
  const description = STATUS_CODES[status] ?? "Success";
  if (schema === null) return { description };
  const { contentMediaType = "application/json" } = schema as { contentMediaType?: string };
  return { description, content: { [contentMediaType]: { schema } } };
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
