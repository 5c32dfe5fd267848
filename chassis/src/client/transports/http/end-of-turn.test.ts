import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { atEndOfTurn } from "./end-of-turn.ts";

test("what waits for the end of the turn is done then, in order, and what is added meanwhile at the end of the next", async () => {
  const done: string[] = [];
  atEndOfTurn(() => {
    done.push("a");
    atEndOfTurn(() => done.push("c"));
  });
  atEndOfTurn(() => done.push("b"));
  await Promise.resolve();
  assert.deepEqual(done, []);
  await new Promise(setImmediate);
  assert.deepEqual(done, ["a", "b"]);
  await new Promise(setImmediate);
  assert.deepEqual(done, ["a", "b", "c"]);
});

test("what fails takes nothing else with it", () => {
  const program = `
    const { atEndOfTurn } = await import(${JSON.stringify(new URL("./end-of-turn.ts", import.meta.url).href)});
    process.on("uncaughtException", ({ message }) => console.log(message));
    atEndOfTurn(() => { throw new Error("failed"); });
    atEndOfTurn(() => console.log("done"));`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  assert.equal(stdout, "failed\ndone\n");
});
