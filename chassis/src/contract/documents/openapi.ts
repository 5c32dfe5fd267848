import type { TObject } from "typebox";
import { type Call, parameterNames } from "../call.ts";
import type { Contract } from "../contract.ts";
import { type PublicCall, publicCalls } from "../public-path.ts";
import { Id, mayBeEmpty, Problem } from "../schema.ts";
import { openApiResponses } from "./openapi-responses.ts";

/** What the document is about. `prefix` leads every path but the well-known ones. */
export type OpenApiOptions = { title: string; version: string; contracts: readonly Contract[]; prefix: string };

/** An OpenAPI 3.1 document; JSON throughout. */
export type OpenApiDocument = {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, unknown>>;
  [field: string]: unknown;
};

/** Writes down every call of the contracts but the internal ones: one tag for each service, `operationId` is the call's name. */
export function openApi({ title, version, contracts, prefix }: OpenApiOptions): OpenApiDocument {
  const paths: OpenApiDocument["paths"] = {};
  const calls = publicCalls(contracts, prefix);
  for (const { path, call, ...rest } of calls) {
    const item = paths[path] ?? {};
    paths[path] = item;
    item[call.method.toLowerCase()] = operation({ path, call, ...rest });
  }
  const services = [...new Set(calls.map(({ service }) => service))];
  const document = {
    openapi: "3.1.0",
    info: { title, version },
    servers: [{ url: "/" }],
    tags: services.map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem },
      securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    },
  };
  return JSON.parse(JSON.stringify(document)) as OpenApiDocument;
}

/** `placeOrder` as `Place order`. */
const inWords = (name: string): string =>
  name.replace(/^./, (first) => first.toUpperCase()).replace(/(?<=.)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function operation({ name, service, call }: PublicCall): unknown {
  const { access, summary = inWords(name), body } = call.shape;
  return {
    operationId: name,
    tags: [service],
    summary,
    "x-access": access,
    security: access === "public" ? [] : [{ bearer: [] }],
    parameters: [
      ...pathParameters(call),
      ...parametersOf(call.shape.query, "query"),
      ...parametersOf(call.shape.headers, "header"),
      ...idempotencyKeyParameter(call),
    ],
    ...(body ? { requestBody: requestBody(body) } : {}),
    responses: openApiResponses(call),
  };
}

/** A body whose fields may all be left out may be left out itself. */
const requestBody = (schema: TObject) => ({
  required: !mayBeEmpty(schema),
  content: { "application/json": { schema: asSent(schema) } },
});

/** No text holds NUL; see `text-fault.ts`. */
const WITHOUT_NUL = "^[^\\u0000]*$";

/** A schema as senders have to keep it: what has a default may be left out, though readers find it, and text has no NUL. */
function asSent(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(asSent);
  if (typeof schema !== "object" || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, asSent(value)]));
  if (isFreeText(copy)) return { ...copy, pattern: WITHOUT_NUL };
  const { required, properties } = schema as { required?: unknown; properties?: Record<string, object> };
  if (!Array.isArray(required) || !properties) return copy;
  return { ...copy, required: required.filter((name: string) => !("default" in (properties[name] ?? {}))) };
}

const isFreeText = (schema: Record<string, unknown>): boolean =>
  schema["type"] === "string" && ["pattern", "format", "enum", "const"].every((name) => !(name in schema));

function pathParameters(call: Call): unknown[] {
  return parameterNames(call.path).map((name) => {
    const schema = call.shape.params?.properties[name] ?? Id;
    return { name, in: "path", required: true, schema };
  });
}

function parametersOf(schema: TObject | undefined, place: "query" | "header"): unknown[] {
  const required = new Set<string>(schema?.required ?? []);
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => {
    const { description, default: fallback } = property as { description?: string; default?: unknown };
    return {
      name,
      in: place,
      // A parameter with a default may be left out, whatever its type says about the value that the handler gets.
      required: required.has(name) && fallback === undefined,
      ...(description ? { description } : {}),
      schema: asSent(property),
    };
  });
}

function idempotencyKeyParameter({ shape }: Call): unknown[] {
  if (!shape.idempotencyKey) return [];
  return [
    {
      name: "Idempotency-Key",
      in: "header",
      required: shape.idempotencyKey === "required",
      description: "Chosen by the client, new for each wish. A repeat with the same key gets the answer of the first",
      schema: { type: "string", pattern: "^[\\x21-\\x7e]{1,255}$" },
    },
  ];
}
