import assert from "node:assert/strict";
import { test } from "node:test";
import { Cancellation } from "../../core/cancellation.ts";
import { unavailable } from "../../core/failure/failure.ts";
import type { Caller } from "../../identity/caller.ts";
import { createWaits, waitFor } from "./waits.ts";

const user = (id: string): Caller => ({ kind: "user", id, name: id, role: "customer", session: "s" });
const never = () => new Promise<string>(() => {});

test("each caller has so many places, all together have as many, and what is left is free again", () => {
  const waits = createWaits(2, 3);
  const [first, second] = [waits.enter(user("ann")), waits.enter(user("ann"))];
  assert.ok(first && second);
  assert.equal(waits.enter(user("ann")), undefined);
  assert.ok(waits.enter({ kind: "service", name: "ann" }), "another caller of the same name");
  assert.equal(waits.enter(user("bob")), undefined, "all are taken");
  first();
  assert.ok(waits.enter(user("ann")));
});

test("a wait ends with its result, its time, or whatever cancels it, and then is told so", async () => {
  const cancellation = new Cancellation();
  assert.equal(await waitFor(async () => "done", { milliseconds: 60_000, cancellations: [cancellation] }), "done");
  let over = false;
  const watched = (signal: AbortSignal) => {
    signal.addEventListener("abort", () => {
      over = true;
    });
    return never();
  };
  assert.equal(await waitFor(watched, { milliseconds: 5, cancellations: [] }), undefined);
  assert.equal(over, true);
  const waiting = waitFor(never, { milliseconds: 60_000, cancellations: [cancellation] });
  cancellation.cancel(unavailable.failure());
  assert.equal(await waiting, undefined);
  assert.equal(await waitFor(never, { milliseconds: 60_000, cancellations: [cancellation] }), undefined);
  assert.equal(await waitFor(never, { milliseconds: 0, cancellations: [] }), undefined);
});

test("what fails while somebody waits is no failure of what was done before", async () => {
  const fails = async () => Promise.reject(unavailable.failure());
  assert.equal(await waitFor(fails, { milliseconds: 60_000, cancellations: [] }), undefined);
});
