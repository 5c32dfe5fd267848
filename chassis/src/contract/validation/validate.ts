import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Static, TObject, TSchema } from "typebox";
import { type FieldError, invalidInput } from "../../core/failure/failure.ts";
import { PERSONAL } from "../personal.ts";
import { SENSITIVE } from "../sensitive.ts";
import { pointerStep } from "./json-pointer.ts";

/** Returns the value, typed, or throws `invalid_input` that names the path of every fault; of large values that of the first. */
export type Validator<T> = (value: unknown) => T;

const ajv = compiler(false);
/** Finds all faults, which may cost more than all else that a request costs. */
let thorough: Ajv2020 | undefined;

function compiler(allErrors: boolean): Ajv2020 {
  // To hold our schemas against the standard's own would cost each start 50 ms; strict mode knows their keywords.
  const ofOurs = { strict: true, meta: false, validateSchema: false };
  const made = new Ajv2020({ ...ofOurs, allErrors, useDefaults: true, coerceTypes: false });
  addFormats.default(made as never);
  for (const keyword of [SENSITIVE, PERSONAL]) made.addKeyword({ keyword, schemaType: "boolean" });
  return made;
}

/** Compiles a validator for JSON: unknown fields are refused where the schema says so, and nothing is coerced. */
export const jsonValidator = <Schema extends TSchema>(schema: Schema): Validator<Static<Schema>> =>
  validator<Static<Schema>>(schema, "");

/** Compiles a validator for what arrives as text (path, query, headers): `"20"` becomes 20. `place` leads each path. */
export function textValidator<Schema extends TObject>(schema: Schema, place: string): Validator<Static<Schema>> {
  const validate = validator<Static<Schema>>(schema, place);
  return (texts) => validate(mapValues(texts as object, (text, name) => readInteger(text, schema.properties[name])));
}

const INTEGER = /^-?(?:0|[1-9]\d{0,15})$/;

/** The number that a text stands for where the schema asks for one; every other spelling (`1e1`, `0x10`, ` 7`) stays a text. */
const readInteger = (text: unknown, schema: TSchema | undefined): unknown =>
  (schema as { type?: string } | undefined)?.type === "integer" && typeof text === "string" && INTEGER.test(text)
    ? Number(text)
    : text;

const mapValues = (values: object, map: (value: unknown, name: string) => unknown): object =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value, name)]));

function validator<T>(schema: TSchema, place: string): Validator<T> {
  const validate = ajv.compile<T>(schema);
  let findAll: ValidateFunction | undefined;

  /** Compiled when somebody makes a mistake: most calls never meet one. */
  function allFaults(value: unknown): ErrorObject[] {
    thorough ??= compiler(true);
    findAll ??= thorough.compile(schema);
    findAll(value);
    return findAll.errors ?? [];
  }

  return (value) => {
    if (validate(value)) return value;
    const errors = isSmall(value) ? allFaults(value) : (validate.errors ?? []);
    throw invalidInput.failure({ errors: errors.slice(0, MOST_FAULTS).map((error) => fieldError(error, place)) });
  };
}

const MOST_FAULTS = 20;
/** Values, those inside of others counted. */
const SMALL = 200;

function isSmall(value: unknown): boolean {
  let count = 1;
  const open = [value];
  while (open.length > 0 && count <= SMALL) {
    const item = open.pop();
    if (typeof item !== "object" || item === null) continue;
    // To ask a long list for its places costs more than to look at it.
    const inside = Array.isArray(item) ? item.slice(0, SMALL + 1) : Object.values(item);
    count += inside.length;
    for (const each of inside) open.push(each);
  }
  return count <= SMALL;
}

function fieldError(error: ErrorObject, place: string): FieldError {
  const { keyword, params, instancePath, message } = error;
  const at = `${place}${instancePath}`;
  if (keyword === "additionalProperties") {
    return { path: at + pointerStep(params["additionalProperty"]), message: "is not a known field" };
  }
  if (keyword === "required") return { path: at + pointerStep(params["missingProperty"]), message: "is required" };
  if (keyword === "enum") return { path: at, message: `must be one of ${params["allowedValues"].join(", ")}` };
  return { path: at, message: message ?? "is not valid" };
}
