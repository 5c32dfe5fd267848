import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { tokenInvalid } from "../../core/failure/failure.ts";
import { keepFile } from "../../identity/keys/kept-file.ts";
import { readServiceKey, readServiceKeySet } from "../../identity/keys/key-files.ts";
import { serviceTokens } from "../../identity/tokens/service-token.ts";
import { createVerifier } from "../../identity/tokens/verify.ts";
import { createLog } from "../../telemetry/log.ts";
import { eventually } from "../../testing/eventually.ts";
import { fakeClock } from "../../testing/fake-clock.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { prepareKeys } from "./keys.ts";
import { rotateServiceKey } from "./rotate-key.ts";

/** Orders calls inventory; both know only what is in the folder of keys. */
async function callerAndCallee(t: TestContext, write: (line: string) => void = () => {}) {
  const log = createLog({ service: "test", level: "warn", destination: { write } });
  const folder = await temporaryFolder(t);
  const files = await prepareKeys(folder, ["orders", "inventory"]);
  const key = await keepFile(files.privateKeyFile("orders"), (path) => readServiceKey(path, "orders"), {
    log,
    every: 50,
  });
  const keys = await keepFile(files.publicKeysFile, readServiceKeySet, { log, every: 50 });
  t.after(() => {
    key.close();
    keys.close();
  });
  const userKeys = async () => [];
  return {
    folder,
    files,
    key,
    known: () => keys.current().keys.filter(({ kid }) => kid === "orders").length,
    token: () => serviceTokens({ name: "orders", key: key.current })("inventory"),
    tokenFor: serviceTokens({ name: "orders", key: key.current }),
    verify: createVerifier({ service: "inventory", serviceKeys: keys.current, userKeys }),
  };
}

test("while a key is rotated no call is refused, and at the end no token of the old one is good any more", async (t) => {
  const { folder, key, known, tokenFor, token, verify } = await callerAndCallee(t);
  let calls = 0;
  let over = false;
  const traffic = (async () => {
    for (; !over; calls++) {
      assert.deepEqual(await verify(await tokenFor("inventory")), { kind: "service", name: "orders" });
      // A token that nobody has seen yet.
      await verify(await token());
      await turn();
    }
  })();
  const time = fakeClock();
  const steps: string[] = [];
  const rotation = rotateServiceKey(folder, "orders", { clock: time, onStep: (step) => void steps.push(step) });
  const pass = async (milliseconds: number) => {
    await eventually(() => time.sleepers() === 1);
    await time.advance(milliseconds);
  };

  const before = key.current();
  const old = await token();
  await eventually(() => known() === 2);
  await pass(10_000);
  await eventually(() => key.current() !== before);
  await verify(old);
  await pass(10_000);
  await pass(300_000);
  await eventually(() => known() === 1);
  await assert.rejects(verify(old), tokenInvalid.is);
  await pass(10_000);
  await rotation;
  over = true;
  await traffic;
  assert.deepEqual(steps, ["known", "signing", "withdrawn"]);
  assert.ok(calls > 0);
});

test("a file of keys that can't be read is logged, and leaves the last good ones in place", async (t) => {
  const warned: string[] = [];
  const { files, token, verify } = await callerAndCallee(t, (line) => warned.push(line));
  await writeFile(files.publicKeysFile, "{ half");
  await writeFile(files.privateKeyFile("orders"), "");
  await eventually(() => warned.length === 2);
  for (const line of warned) assert.match(line, /the last good one stays/);
  assert.deepEqual(await verify(await token()), { kind: "service", name: "orders" });
});
