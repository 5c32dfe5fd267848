import type { AnySaga } from "../definition/saga.ts";
import type { SagaSet } from "../definition/saga-set.ts";
import { fit } from "../execution/fit.ts";
import { type Progress, progressed, type SagaInstance } from "../store/saga-instance.ts";
import { stateFault } from "../store/saga-state.ts";
import type { OperatedSaga } from "./operated-saga-store.ts";

/** An instance on today's definition of its saga, or why it can't be there. */
export type Fitted =
  | { readonly misfit: string }
  | {
      readonly saga: AnySaga;
      /** As it goes on: with the status that it was parked from, and migrated when that is needed. */
      readonly instance: SagaInstance;
      /** What has to be saved before anything else. */
      readonly migration: Progress | undefined;
    };

/** What an instance was doing, also when it is parked. */
export const direction = ({ instance, parkedFrom }: OperatedSaga): "running" | "compensating" | "ended" => {
  const status = parkedFrom ?? instance.status;
  return status === "running" || status === "compensating" ? status : "ended";
};

/** Tries an unfinished instance on today's definitions, as the runner would go on with it. Changes nothing. */
export function fitOperated(sagas: SagaSet, operated: OperatedSaga): Fitted {
  const going = direction(operated);
  const instance: SagaInstance = going === "ended" ? operated.instance : { ...operated.instance, status: going };
  const saga = sagas.find(instance.name, instance.version);
  const fitting = fit(saga, instance);
  if (!saga || "misfit" in fitting) return { misfit: "misfit" in fitting ? fitting.misfit : "" };
  const { migration } = fitting;
  if (migration) return { saga, instance: progressed(instance, migration, 0), migration };
  const misfit = inputFault(saga, instance) ?? goneStep(saga, operated, going === "running");
  return misfit === undefined ? { saga, instance, migration } : { misfit };
}

function inputFault(saga: AnySaga, { input }: SagaInstance): string | undefined {
  const fault = stateFault(saga, input);
  return fault && `its input does not fit any more: ${fault}`;
}

/** What it has done has to be before the step that it is at, since that is what will be undone. */
function goneStep({ steps }: AnySaga, { instance, history }: OperatedSaga, isRunning: boolean): string | undefined {
  const lastMigration = history.findLastIndex(({ what }) => what === "migrated");
  const done = history.slice(lastMigration + 1).filter(({ what }) => what === "done");
  const before = steps.slice(0, isRunning ? instance.position : undefined).map(({ name }) => name);
  const gone = done.find(({ step }) => step !== null && !before.includes(step));
  return gone && `it has done step "${gone.step}", which is not there any more`;
}
