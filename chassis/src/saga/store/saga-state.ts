import { jsonValidator, type Validator } from "../../contract/validation/validate.ts";
import { Failure, invalidInput } from "../../core/failure/failure.ts";
import type { AnySaga } from "../definition/saga.ts";
import type { SagaInstance } from "./saga-instance.ts";
import { copyOf, NotStorable } from "./storable.ts";

const validators = new WeakMap<object, Validator<unknown>>();

function validatorOf(schema: object): Validator<unknown> {
  let validate = validators.get(schema);
  if (!validate) {
    validate = jsonValidator(schema as never);
    validators.set(schema, validate);
  }
  return validate;
}

/**
 * A copy of `value` as it can be stored, with the schema's defaults filled in. Throws `invalid_input` when it doesn't fit, or could only be
 * stored as something else.
 */
export function validState(schema: object, value: unknown): object {
  try {
    return validatorOf(schema)(value === undefined ? undefined : copyOf(value)) as object;
  } catch (error) {
    throw error instanceof NotStorable ? invalidInput.failure({ errors: [error.fault] }) : error;
  }
}

/** Why `input` does not fit the saga's schema; undefined when it does. */
export function stateFault(saga: AnySaga, input: object): string | undefined {
  try {
    validState(saga.input, input);
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return (error.errors ?? []).map(({ path, message }) => `${path} ${message}`).join(", ") || error.message;
  }
}

/** A copy: what a step does to it would be gone after a restart, so it must be gone without one too. */
export const stateOf = ({ input, added }: SagaInstance): object => JSON.parse(JSON.stringify({ ...input, ...added }));
