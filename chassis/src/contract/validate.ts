import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Static, TObject, TSchema } from "typebox";
import { type FieldError, invalidInput } from "../core/failure.ts";
import { SENSITIVE } from "./sensitive.ts";

/** Returns the value, typed, or throws `invalid_input` that names the path of every fault. */
export type Validator<T> = (value: unknown) => T;

// To hold our schemas against the standard's own would cost each start 50 ms; strict mode knows their keywords.
const ofOurs = { strict: true, meta: false, validateSchema: false };
const ajv = new Ajv2020({ ...ofOurs, allErrors: true, useDefaults: true, coerceTypes: false });
addFormats.default(ajv as never);
ajv.addKeyword({ keyword: SENSITIVE, schemaType: "boolean" });

/** Compiles a validator for JSON: unknown fields are refused where the schema says so, and nothing is coerced. */
export const jsonValidator = <Schema extends TSchema>(schema: Schema): Validator<Static<Schema>> =>
  validator(ajv.compile<Static<Schema>>(schema), "");

/** Compiles a validator for what arrives as text (path, query, headers): `"20"` becomes 20. `place` leads each path. */
export function textValidator<Schema extends TObject>(schema: Schema, place: string): Validator<Static<Schema>> {
  const validate = validator(ajv.compile<Static<Schema>>(schema), place);
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

function validator<T>(validate: ValidateFunction<T>, place: string): Validator<T> {
  return (value) => {
    if (validate(value)) return value;
    throw invalidInput.failure({
      errors: (validate.errors ?? []).slice(0, 20).map((error) => fieldError(error, place)),
    });
  };
}

function fieldError(error: ErrorObject, place: string): FieldError {
  const { keyword, params, instancePath, message } = error;
  const at = `${place}${instancePath}`;
  if (keyword === "additionalProperties") {
    return { path: `${at}/${params["additionalProperty"]}`, message: "is not a known field" };
  }
  if (keyword === "required") return { path: `${at}/${params["missingProperty"]}`, message: "is required" };
  if (keyword === "enum") return { path: at, message: `must be one of ${params["allowedValues"].join(", ")}` };
  return { path: at, message: message ?? "is not valid" };
}
