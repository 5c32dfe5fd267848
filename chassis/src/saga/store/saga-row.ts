import type { SagaInstance, SagaStatus } from "./saga-instance.ts";

/** A stored instance, as {@link INSTANCE} selects it. */
export type SagaRow = {
  id: string;
  name: string;
  version: number;
  key: string;
  input: object;
  added: object;
  status: SagaStatus;
  position: number;
  step: string | null;
  reason: string | null;
  attempts: number;
  faults: number;
  fence: number;
  key_format: 1 | 2;
  claims: number;
  request_id: string;
  traceparent: string;
  step_time_left: number | null;
  time_left: number | null;
};

/** The columns of a {@link SagaRow}. Times are sent as what is left of them: the clocks of two machines never meet. */
export const INSTANCE = `id, name, version, key, input, added, status, position, step, reason, attempts, faults, fence,
  key_format, claims, request_id, traceparent, extract(epoch from step_deadline - clock_timestamp())::float8 * 1000 as step_time_left,
  extract(epoch from deadline - clock_timestamp())::float8 * 1000 as time_left`;

/** The instance of a row that was read just now, on the monotonic clock. */
export function instanceOf(row: SagaRow, now: number): SagaInstance {
  const { request_id, step_time_left, time_left, key_format, ...same } = row;
  return {
    ...same,
    keyFormat: key_format,
    requestId: request_id,
    stepDeadline: step_time_left === null ? null : now + step_time_left,
    deadline: time_left === null ? null : now + time_left,
  };
}
