import { jsonValidator, type Validator } from "../contract/validate.ts";
import { newId } from "../core/id.ts";
import { currentContext, newContext } from "../telemetry/context.ts";
import { formatTraceparent } from "../telemetry/trace-context.ts";
import { insertSaga } from "./postgres-saga-store.ts";
import type { AnySaga, StartSaga } from "./saga.ts";
import type { SagaInstance } from "./saga-instance.ts";

export type StartSagaOptions = {
  /** The process that runs the saga first: the same as the runner's. */
  owner: string;
  /** Called once the business transaction has committed, with the instance, already leased to `owner`. Must not throw. */
  onCommit: (instance: SagaInstance) => void;
};

/** Makes the function that starts sagas: a row written by the business transaction, and nothing when that is rolled back. */
export function createStartSaga({ owner, onCommit }: StartSagaOptions): StartSaga {
  const validators = new WeakMap<object, Validator<unknown>>();

  function validated(saga: AnySaga, input: unknown): object {
    let validate = validators.get(saga.input);
    if (!validate) {
      validate = jsonValidator(saga.input);
      validators.set(saga.input, validate);
    }
    // Validation fills in defaults, which the caller's own object must not get.
    return validate(structuredClone(input)) as object;
  }

  return async (tx, saga, { key, input }) => {
    const { requestId, trace } = currentContext() ?? newContext();
    const instance: SagaInstance = {
      id: newId(),
      name: saga.name,
      version: 1,
      key,
      input: validated(saga, input),
      added: {},
      status: "running",
      position: 0,
      step: saga.steps[0]?.name ?? null,
      reason: null,
      attempts: 0,
      faults: 0,
      stepDeadline: null,
      fence: 1,
      requestId,
      traceparent: formatTraceparent(trace),
    };
    if (await insertSaga(tx, instance, owner)) tx.afterCommit(() => onCommit(instance));
  };
}
