import { migrate, openDatabase } from "@flotilla/chassis/database";
import type { AnySaga } from "@flotilla/chassis/saga";
import { newId, systemClock } from "@flotilla/chassis/service";
import { createLog } from "@flotilla/chassis/telemetry";
import { createSagaRunner } from "../../chassis/src/saga/runner/saga-runner.ts";
import { createStartSagaAlone } from "../../chassis/src/saga/runner/start-saga.ts";
import { sagaMigrations } from "./nothing.saga.ts";

/** A process that runs sagas on DATABASE_URL. Nothing runs before `runner.start()`. */
export async function createSagaProcess(sagas: readonly AnySaga[]) {
  const log = createLog({ service: "bench", level: "error" });
  const database = openDatabase({ url: process.env["DATABASE_URL"] ?? "", name: "flotilla", log });
  await migrate(database, [sagaMigrations]);
  const ends = new Map<string, () => void>();
  let ended = 0;
  const owner = newId();
  const runner = createSagaRunner({
    ...{ database, owner, log, clock: systemClock, sagas, concurrency: 256 },
    onEnd({ key }) {
      ended++;
      ends.get(key)?.();
    },
  });
  const start = createStartSagaAlone({ database, owner, onCommit: (instance) => runner.run(instance) });
  const untilEnd = (key: string) => new Promise<void>((resolve) => ends.set(key, resolve)).then(() => ends.delete(key));
  return { runner, start, untilEnd, ended: () => ended };
}
