import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Cancellation } from "../../core/cancellation.ts";
import type { Caller } from "../../identity/caller.ts";
import { ServedRequest } from "./served-request.ts";
import { createWaits } from "./waits.ts";

const ann: Caller = { kind: "user", id: "ann", name: "Ann", role: "customer", session: "s1" };

test("a wait ends with the caller's session, and what was accepted before can still be told", async () => {
  let signOut = () => {};
  let watched = 0;
  const request = new ServedRequest({ params: {}, query: {}, headers: {}, body: {}, key: "" }, ann, "192.0.2.1", {
    cancellation: new Cancellation(),
    preferredWait: 30_000,
    waits: createWaits(),
    watch(_caller, onEnd) {
      signOut = onEnd;
      watched += 1;
      return () => {
        watched -= 1;
      };
    },
    endsAt: Number.POSITIVE_INFINITY,
    letGo() {},
  });
  const waiting = request.wait(30_000, () => new Promise<string>(() => {}));
  assert.equal(watched, 1);
  signOut();
  assert.equal(await Promise.race([waiting, setImmediate("still waits")]), undefined);
  assert.equal(watched, 0);
});
