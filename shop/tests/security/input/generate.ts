import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import type { TSchema } from "typebox";

type Json = Record<string, unknown>;
type Schema = TSchema & Json;

const ajv = new Ajv2020({ strict: false, useDefaults: true, coerceTypes: false });
addFormats.default(ajv as never);
const compiled = new Map<object, ValidateFunction>();

/** Whether a value is what a schema says, with defaults for what is missing, judged by a validator of the tests' own. */
export function fits(schema: TSchema, value: unknown): boolean {
  const validate = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, validate);
  return validate(structuredClone(value)) as boolean;
}

/** Whether the text of a value holds what no text may: NUL, half of a surrogate pair, or a name that reaches a prototype. */
export const isForbiddenText = (value: unknown): boolean =>
  typeof value === "string"
    ? value.includes("\0") || !value.isWellFormed()
    : typeof value === "object" &&
      value !== null &&
      Object.entries(value).some(
        ([key, child]) => key === "__proto__" || isForbiddenText(key) || isForbiddenText(child),
      );

/** Values that fit a schema. */
export function fitting(schema: Schema): fc.Arbitrary<unknown> {
  if ("const" in schema) return fc.constant(schema["const"]);
  if (Array.isArray(schema["enum"])) return fc.constantFrom(...(schema["enum"] as unknown[]));
  if (Array.isArray(schema["anyOf"])) return fc.oneof(...(schema["anyOf"] as Schema[]).map(fitting));
  switch (schema["type"]) {
    case "object":
      return fittingObject(schema);
    case "array": {
      const {
        minItems = 0,
        maxItems = 3,
        items = {},
      } = schema as { minItems?: number; maxItems?: number; items?: Schema };
      return fc.array(fitting(items as Schema), { minLength: minItems, maxLength: Math.min(maxItems, minItems + 3) });
    }
    case "integer": {
      const { minimum = -1_000, maximum = 1_000 } = schema as { minimum?: number; maximum?: number };
      return fc.oneof(
        fc.integer({ min: minimum, max: Math.min(maximum, 2 ** 53 - 1) }),
        fc.constantFrom(minimum, maximum),
      );
    }
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default:
      return fittingText(schema);
  }
}

function fittingObject(schema: Schema): fc.Arbitrary<unknown> {
  const properties = (schema["properties"] ?? {}) as Record<string, Schema>;
  const arbitraries = Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, fitting(inner)]));
  const required = (schema["required"] ?? []) as string[];
  return fc.record(arbitraries, { requiredKeys: required }).filter((value) => fits(schema, value));
}

function fittingText(schema: Schema): fc.Arbitrary<string> {
  const {
    minLength = 0,
    maxLength = 60,
    pattern,
    format,
  } = schema as Record<string, never> & {
    minLength?: number;
    maxLength?: number;
    pattern?: string;
    format?: string;
  };
  const text = () => {
    if (format === "email") return fc.emailAddress();
    if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
    return fc.string({ unit: "binary", minLength, maxLength: Math.min(maxLength, minLength + 60) });
  };
  return text().filter((value) => fits(schema, value));
}

/** Something that fits no schema in most places. */
const anything = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1.5,
    2 ** 31,
    2 ** 53 + 2,
    "",
    "5",
    "\0",
    "\ud800",
    [],
    {},
    "../../..",
    "' or 1=1 --",
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ minLength: 200, maxLength: 400 }),
);

/** What is done to a value that fits: something else at one of its places, a field less, or a field more. */
export const spoiling = fc.record({
  where: fc.nat(),
  how: fc.constantFrom("replace", "remove", "add"),
  name: fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom("id", "role", "status", "price", "__proto__", "toString"),
  ),
  what: anything,
});
export type Spoiling = typeof spoiling extends fc.Arbitrary<infer T> ? T : never;

/** A copy of `value` with the damage done. */
export function spoil(value: unknown, { where, how, name, what }: Spoiling): unknown {
  const copy = structuredClone(value);
  const objects: Json[] = [];
  const collect = (each: unknown): void => {
    if (typeof each !== "object" || each === null) return;
    objects.push(each as Json);
    for (const child of Object.values(each)) collect(child);
  };
  collect(copy);
  const target = objects[where % Math.max(objects.length, 1)];
  if (!target) return what;
  const keys = Object.keys(target);
  const key = keys[where % Math.max(keys.length, 1)];
  if (Array.isArray(target) && how === "add") target.push(what);
  else if (how === "add" || key === undefined) Object.defineProperty(target, name, { value: what, enumerable: true });
  else if (how === "remove") delete target[key];
  else target[key] = what;
  return copy;
}
