import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ConfigurationError } from "../../core/configuration/config.ts";
import { readServiceKey, readServiceKeySet } from "./key-files.ts";
import { newServiceKey } from "./signing-key.ts";

async function file(t: TestContext, content: unknown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "keys-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "key.json");
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const faultOf =
  (setting: string, secret = "never") =>
  (error: unknown) => {
    assert.ok(error instanceof ConfigurationError);
    assert.equal(error.faults.length, 1);
    assert.ok(error.faults[0]?.startsWith(setting));
    assert.ok(!error.message.includes(secret));
    return true;
  };

test("the keys that were made are the keys that are read", async (t) => {
  const { privateJwk, publicJwk } = await newServiceKey("orders");
  assert.deepEqual(await readServiceKey(await file(t, privateJwk), "orders"), privateJwk);
  assert.deepEqual(await readServiceKeySet(await file(t, { keys: [publicJwk] })), { keys: [publicJwk] });
});

test("a wrong private key file is a fault of its setting, told without the key", async (t) => {
  const { privateJwk, publicJwk } = await newServiceKey("payments");
  for (const content of [
    "",
    "{",
    "null",
    publicJwk,
    { ...privateJwk, x: "short" },
    { kty: "RSA", kid: "orders" },
    privateJwk,
  ]) {
    await assert.rejects(readServiceKey(await file(t, content), "orders"), faultOf("SERVICE_KEY_FILE", privateJwk.d));
  }
  await assert.rejects(readServiceKey(join(tmpdir(), "no-such-key.json"), "orders"), faultOf("SERVICE_KEY_FILE"));
});

test("a wrong key set file is a fault of its setting; private keys do not belong in it", async (t) => {
  const { privateJwk } = await newServiceKey("payments");
  for (const content of ["[", [], {}, { keys: {} }, { keys: [] }, { keys: [null] }, { keys: [privateJwk] }]) {
    const path = await file(t, content);
    await assert.rejects(readServiceKeySet(path), faultOf("SERVICE_PUBLIC_KEYS_FILE", privateJwk.d));
  }
});
