import type { AnySaga } from "../definition/saga.ts";
import type { SagaInstance } from "../store/saga-instance.ts";

/** An instance at its very beginning, as nobody has stored it yet. */
export const beginSaga = (
  { name, version, steps }: AnySaga,
  begun: Pick<SagaInstance, "id" | "key" | "input" | "requestId" | "traceparent">,
): SagaInstance => ({
  ...begun,
  name,
  version,
  added: {},
  status: "running",
  position: 0,
  step: steps[0]?.name ?? null,
  reason: null,
  attempts: 0,
  faults: 0,
  stepDeadline: null,
  deadline: null,
  keyFormat: 2,
  claims: 0,
  fence: 1,
});
