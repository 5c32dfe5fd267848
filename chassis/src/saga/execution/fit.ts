import { stackOf } from "../../core/failure/thrown.ts";
import type { AnySaga } from "../definition/saga.ts";
import type { Progress, SagaInstance } from "../store/saga-instance.ts";
import { stateFault } from "../store/saga-state.ts";
import { copyOf, NotStorable } from "../store/storable.ts";
import { entering, entry } from "./saga-progress.ts";

/** Whether an instance can be run by a definition: why not, or the migration that has to be saved first. */
export type Fit = { readonly misfit: string } | { readonly migration: Progress | undefined };

/** Tries an instance on today's definition of its saga, without changing anything. */
export function fit(saga: AnySaga | undefined, instance: SagaInstance): Fit {
  if (!saga || (saga.version !== instance.version && !saga.migrations[instance.version])) {
    return { misfit: `there is no saga "${instance.name}", version ${instance.version}` };
  }
  if (saga.version !== instance.version) return migrate(saga, instance);
  const step = saga.steps[instance.position]?.name ?? null;
  if (step === instance.step) return { migration: undefined };
  const found = step ? `"${step}"` : "missing";
  return { misfit: `step ${instance.position} of saga "${saga.name}" is ${found}, not "${instance.step}"` };
}

function migrate(saga: AnySaga, instance: SagaInstance): Fit {
  const where = `the migration of saga "${saga.name}" from version ${instance.version} to ${saga.version}`;
  const { input, step } = instance;
  const compensating = instance.status === "compensating";
  try {
    const made = saga.migrations[instance.version]?.(
      structuredClone({ input, added: instance.added, step, compensating }),
    );
    if (typeof made !== "object" || made === null) return { misfit: `${where} returned nothing` };
    const added = copyOf(made.added ?? {}) as object;
    const position = saga.steps.findIndex(({ name }) => name === made.step);
    const fault = stateFault(saga, made.input);
    if (fault) return { misfit: `${where} made an input that does not fit: ${fault}` };
    if (position === -1 && !(compensating && made.step === null)) {
      return { misfit: `${where} leads to step "${made.step}", which is not there` };
    }
    const next = { ...instance, added };
    return {
      migration: {
        ...entering(saga, next, position),
        migrated: { version: saga.version, input: copyOf(made.input) as object },
        entry: { ...entry(instance, "migrated"), output: { from: instance.version, to: saga.version } },
      },
    };
  } catch (thrown) {
    if (thrown instanceof NotStorable) return { misfit: `${where} made what can't be stored: ${thrown.message}` };
    return { misfit: `${where} threw ${stackOf(thrown)}` };
  }
}
