import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Static, TSchema } from "typebox";
import { type FieldError, invalidInput } from "../core/failure.ts";

/** Returns the value, typed, or throws `invalid_input` that names the path of every fault. */
export type Validator<T> = (value: unknown) => T;

const options = { allErrors: true, strict: true, useDefaults: true } as const;
const exact = new Ajv2020({ ...options, coerceTypes: false });
const fromText = new Ajv2020({ ...options, coerceTypes: true });
for (const ajv of [exact, fromText]) addFormats.default(ajv as never);

/** Compiles a validator for JSON: unknown fields are refused where the schema says so, and nothing is coerced. */
export const jsonValidator = <Schema extends TSchema>(schema: Schema): Validator<Static<Schema>> =>
  validator(exact.compile<Static<Schema>>(schema), "");

/** Compiles a validator for what arrives as text (path, query, headers): `"20"` becomes 20. `place` leads each path. */
export const textValidator = <Schema extends TSchema>(schema: Schema, place: string): Validator<Static<Schema>> =>
  validator(fromText.compile<Static<Schema>>(schema), place);

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
