import assert from "node:assert/strict";
import { test } from "node:test";
import { tokenInvalid, unavailable } from "../../core/failure/failure.ts";
import type { Caller } from "../../identity/caller.ts";
import { eventually } from "../../testing/eventually.ts";
import { watchSessions } from "./watch-sessions.ts";

const ann = (session: string): Caller => ({ kind: "user", id: "ann", name: "Ann", role: "customer", session });

test("work is told of the end of its session, once, and of no other's; an outage ends nothing", async () => {
  const ended = new Set<string>();
  let looks = 0;
  let isAway = true;
  const confirm = async (caller: Caller): Promise<void> => {
    looks += 1;
    if (isAway) throw unavailable.failure();
    if (caller.kind === "user" && ended.has(caller.session)) throw tokenInvalid.failure();
  };
  const watch = watchSessions(
    Object.assign(async () => ann("s1"), { confirm }),
    2,
  );
  const told: string[] = [];
  const leave = watch(ann("s1"), () => told.push("s1"));
  watch(ann("s2"), () => told.push("s2"));
  const left = watch(ann("s2"), () => told.push("left"));
  left();
  ended.add("s2");
  await eventually(() => looks > 6);
  assert.equal(told.join(), "");
  isAway = false;
  await eventually(() => told.length > 0);
  assert.equal(told.join(), "s2");
  const before = looks;
  await eventually(() => looks > before + 3);
  assert.equal(told.join(), "s2");
  leave();
  watch({ kind: "service", name: "orders" }, () => told.push("a service"));
});
