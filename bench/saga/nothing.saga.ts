import { Fields } from "@flotilla/chassis/contract";
import { decidedSaga, saga } from "@flotilla/chassis/saga";

const rest = async () => {};

/** Three steps in other services that do nothing: each is recorded before the next begins. */
export const nothing = saga("nothing", Fields({}))
  .step("one", { do: rest, undo: rest })
  .step("two", { do: rest, undo: rest })
  .pivot("three", { do: rest })
  .fails(rest);

/** The tables of sagas. */
export const sagaMigrations = {
  name: "chassis/saga",
  folder: new URL("../../chassis/src/saga/migrations/", import.meta.url),
};

/** A saga that waits for a month. */
export const waiting = decidedSaga("waiting", Fields({}))
  .after("a month", 30 * 86_400_000)
  .step("nothing", { do: rest })
  .ends();
