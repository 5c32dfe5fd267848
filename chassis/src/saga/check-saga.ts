import { direction } from "./describe-saga.ts";
import { fit } from "./fit.ts";
import type { OperatedSaga } from "./operated-saga-store.ts";
import type { SagaSet } from "./saga-set.ts";
import { stateFault } from "./saga-state.ts";

/** Why today's definitions could not go on with a stored instance; undefined when they could. Changes nothing. */
export function faultOf(sagas: SagaSet, operated: OperatedSaga): string | undefined {
  const { instance, history } = operated;
  const going = direction(operated);
  if (going === "ended") return undefined;
  const saga = sagas.find(instance.name, instance.version);
  const fitting = fit(saga, { ...instance, status: going });
  if ("misfit" in fitting) return fitting.misfit;
  if (!saga || fitting.migration) return undefined;
  const fault = stateFault(saga, instance.input);
  if (fault) return `its input does not fit any more: ${fault}`;
  const lastMigration = history.findLastIndex(({ what }) => what === "migrated");
  const done = history.slice(lastMigration + 1).filter(({ what }) => what === "done");
  const before = saga.steps.slice(0, going === "running" ? instance.position : undefined).map(({ name }) => name);
  const gone = done.find(({ step }) => step !== null && !before.includes(step));
  return gone && `it has done step "${gone.step}", which is not there any more`;
}
