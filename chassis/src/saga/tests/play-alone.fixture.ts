import { createLog } from "../../telemetry/log.ts";
import { fakeClock } from "../../testing/fake-clock.ts";
import type { AnySaga } from "../definition/saga.ts";
import { runSaga } from "../execution/run-saga.ts";
import { beginSaga } from "../runner/begin-saga.ts";
import { createMemorySagaStore, type Row, type SagaMemory } from "../store/memory-saga-store.fixture.ts";
import { isUnderWay, type SagaInstance } from "../store/saga-instance.ts";

export const traceId = "0af7651916cd43dd8448eb211c80319c";

/**
 * Runs a saga until it ends, parks, or `within` milliseconds have passed on its clock; `claims` gets a 1 whenever it is taken up.
 */
export async function playAlone(
  definition: AnySaga,
  changed: Partial<SagaInstance> = {},
  within = 600_000,
  claims: number[] = [],
) {
  const clock = fakeClock();
  const memory: SagaMemory = { rows: new Map(), clock, fencing: true };
  const instance = { ...beginSaga(definition, begun), ...changed };
  const row: Row = { instance, owner: undefined, dueAt: 0, history: [] };
  memory.rows.set(begun.id, row);
  const store = createMemorySagaStore(memory, "alone");
  const stopping = new AbortController();
  const surroundings = { store, clock, log: createLog({ service: "test", level: "silent" }), random: () => 0.5 };
  let running = false;
  while (isUnderWay(row.instance.status) && clock.monotonic() < within) {
    const [leased] = running ? [] : await store.claim(1);
    if (leased) {
      running = true;
      claims.push(1);
      void runSaga(leased, definition, surroundings, stopping.signal).finally(() => {
        running = false;
      });
    }
    if (running) await store.renew([begun.id]);
    await clock.advance(running ? 500 : Math.max(500, Math.min(row.dueAt - clock.monotonic(), 86_400_000)));
  }
  stopping.abort();
  return {
    instance: row.instance,
    history: row.history,
    elapsed: clock.monotonic(),
  };
}

const begun = {
  id: "1",
  key: "7",
  input: { orderId: "7" },
  requestId: "request 1",
  traceparent: `00-${traceId}-b7ad6b7169203331-01`,
};
