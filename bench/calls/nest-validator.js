// Nest's own ValidationPipe needs a class and its decorators for each shape, and is slower than what its documentation calls validation by schema.
import { Ajv } from "ajv";
import formats from "ajv-formats";

/** Compiles a schema. */
export const validator = (schema) => formats.default(new Ajv({ allErrors: true })).compile(schema);
