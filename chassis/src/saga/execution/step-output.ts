import { Failure, internalError } from "../../core/failure/failure.ts";
import { errorFrom } from "../../core/failure/thrown.ts";
import type { SagaStep } from "../definition/step.ts";
import { validState } from "../store/saga-state.ts";
import { storable } from "../store/storable.ts";

/**
 * Does what the author of a step wrote, and returns what that returned when it is what the step said it would be, and can be stored.
 * Whatever is thrown comes out as an error that can be handled.
 */
export async function outputOf(step: SagaStep, act: () => Promise<object | void>): Promise<object | undefined> {
  try {
    return checked(step, await act());
  } catch (thrown) {
    throw errorFrom(thrown);
  }
}

function checked(step: SagaStep, result: object | void): object | undefined {
  const output = storable(result);
  const { returns } = step.action;
  if (!returns) return output;
  try {
    return validState(returns, output ?? {});
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    const faults = (cause.errors ?? []).map(({ path, message }) => `${path} ${message}`).join(", ");
    throw internalError.failure({ cause: new Error(`the step returned what its schema refuses: ${faults}`) });
  }
}
