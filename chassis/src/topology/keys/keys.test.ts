import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readServiceKey, readServiceKeySet } from "../../identity/keys/key-files.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { prepareKeys } from "./keys.ts";

test("each service gets a key that only we may read, and everybody the public parts of all", async (t) => {
  const keys = await prepareKeys(join(await temporaryFolder(t), "keys"), ["orders", "users"]);
  const key = await readServiceKey(keys.privateKeyFile("orders"), "orders");
  assert.equal((await stat(keys.privateKeyFile("orders"))).mode & 0o777, 0o600);
  const { keys: published } = await readServiceKeySet(keys.publicKeysFile);
  assert.deepEqual(
    published.map(({ kid }) => kid),
    ["orders", "users"],
  );
  assert.equal(published[0]?.x, key.x);
  assert.doesNotMatch(await readFile(keys.publicKeysFile, "utf8"), /"d"/);
});

test("keys stay the same; a service that is new gets one", async (t) => {
  const folder = await temporaryFolder(t);
  const before = await readServiceKeySet((await prepareKeys(folder, ["orders"])).publicKeysFile);
  const after = await readServiceKeySet((await prepareKeys(folder, ["orders", "users"])).publicKeysFile);
  assert.deepEqual(after.keys[0], before.keys[0]);
  assert.equal(after.keys.length, 2);
});

test("a file that holds no key, or another's, is named and kept", async (t) => {
  const folder = await temporaryFolder(t);
  const keys = await prepareKeys(folder, ["orders", "users"]);
  await writeFile(keys.privateKeyFile("orders"), await readFile(keys.privateKeyFile("users")));
  await assert.rejects(prepareKeys(folder, ["orders", "users"]), /orders\.json does not hold the key of orders/);
  await writeFile(keys.privateKeyFile("orders"), "{");
  await assert.rejects(prepareKeys(folder, ["orders", "users"]), /orders\.json can't be read/);
});
