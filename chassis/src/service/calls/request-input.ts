import type { IncomingHttpHeaders } from "node:http";
import { type TObject, Type } from "typebox";
import { type Call, parameterNames } from "../../contract/call.ts";
import { idempotencyKeyRequired } from "../../contract/idempotency-key.ts";
import { Fields, Id, mayBeEmpty } from "../../contract/schema.ts";
import { composed } from "../../contract/validation/composed.ts";
import { faultOfText } from "../../contract/validation/text-fault.ts";
import { jsonValidator, textValidator } from "../../contract/validation/validate.ts";
import { invalidInput } from "../../core/failure/failure.ts";
import type { Request } from "../definition.ts";

/** The parts of an HTTP request that a contract speaks of, as they came in. */
export type RawInput = { params: unknown; query: unknown; headers: IncomingHttpHeaders; body: unknown };

/** The validated parts of a request. */
export type Input = Pick<Request<Call>, "params" | "query" | "headers" | "body" | "key">;

/**
 * Compiles the reading of a call's requests. Texts are in composed form before anything is checked: those of a body come so. What it returns throws `invalid_input`
 * with every fault of the first bad part.
 */
export function inputReader(call: Call): (raw: RawInput) => Input {
  const { shape } = call;
  const params = textValidator(paramsSchema(call), "/path");
  const query = shape.query && textValidator(shape.query, "/query");
  const headers = shape.headers && textValidator(shape.headers, "/headers");
  const headerNames = Object.keys(shape.headers?.properties ?? {});
  const body = bodyReader(shape.body);
  return (raw) => {
    refuseBadText(raw.params, "/path");
    refuseBadText(raw.query, "/query");
    return {
      params: params(raw.params),
      query: query ? query(composed(raw.query)) : {},
      headers: headers ? headers(pick(raw.headers, headerNames)) : {},
      key: readKey(call, raw.headers["idempotency-key"]),
      body: body(raw.body),
    };
  };
}

/** A body whose fields may all be left out may be left out itself. */
function bodyReader(schema: TObject | undefined): (raw: unknown) => unknown {
  const validate = jsonValidator(schema ?? Fields({}));
  const mayBeAbsent = !schema || mayBeEmpty(schema);
  return (raw) => {
    const body = validate(raw === undefined && mayBeAbsent ? {} : raw);
    return schema ? body : undefined;
  };
}

function paramsSchema(call: Call): TObject {
  const ids = Object.fromEntries(parameterNames(call.path).map((name) => [name, Id]));
  return Type.Object({ ...ids, ...call.shape.params?.properties });
}

function refuseBadText(values: unknown, place: string): void {
  for (const [name, value] of Object.entries(values ?? {})) {
    const message = faultOfText(String(value));
    if (message) throw invalidInput.failure({ errors: [{ path: `${place}/${name}`, message }] });
  }
}

const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/;

function readKey(call: Call, header: string | string[] | undefined): string {
  const { idempotencyKey } = call.shape;
  if (!idempotencyKey || (idempotencyKey === "optional" && header === undefined)) return "";
  if (header === undefined || header === "") throw idempotencyKeyRequired.failure();
  if (typeof header === "string" && VISIBLE_ASCII.test(header)) return header;
  const message = "must be 1 to 255 visible ASCII characters";
  throw invalidInput.failure({ errors: [{ path: "/headers/idempotency-key", message }] });
}

function pick(headers: IncomingHttpHeaders, names: string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const name of names) if (headers[name] !== undefined) picked[name] = headers[name];
  return picked;
}
