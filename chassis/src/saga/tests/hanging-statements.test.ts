import assert from "node:assert/strict";
import { test } from "node:test";
import { decidedSaga } from "../definition/saga.ts";
import { effects, note, Order, replica, sagaDatabase, untilEnded } from "./sagas-under-test.fixture.ts";

test("definitions that hang in a statement hold up no other until their time is over, however many there are", async (t) => {
  for (const count of [2, 4]) {
    const { database } = await sagaDatabase(t);
    let isTimeOver = false;
    const hanging = Array.from({ length: count }, (_, number) =>
      decidedSaga(`hang ${number}`, Order)
        .step("hang", {
          async within(tx) {
            const begun = performance.now();
            await tx.query("select pg_sleep(60)").finally(() => {
              isTimeOver ||= performance.now() - begun > 9_000;
            });
          },
        })
        .ends(),
    );
    const sound = decidedSaga("sound", Order)
      .step("note", { within: (tx) => note(tx, "sound") })
      .ends();
    const one = replica(t, database, "one", [...hanging, sound]);
    one.begin();
    for (const each of hanging) await one.start(each, "1", "2", "3");
    await one.start(sound, "1", "2", "3", "4");
    await untilEnded(database, 4);
    assert.deepEqual(await effects(database), ["sound", "sound", "sound", "sound"]);
    assert.equal(isTimeOver, false, "they have waited until the time of those that hang was over");
  }
});
