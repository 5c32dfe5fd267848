import { newId } from "@flotilla/chassis/service";
import { answerMeasures } from "./closed-loop.ts";
import { nothing } from "./nothing.saga.ts";
import { createSagaProcess } from "./saga-process.ts";

const { runner, start, untilEnd } = await createSagaProcess([nothing]);
runner.start();

answerMeasures(async () => {
  const key = newId();
  const ended = untilEnd(key);
  await start(nothing, { key, input: {} });
  await ended;
});
