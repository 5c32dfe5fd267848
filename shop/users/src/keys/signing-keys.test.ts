import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { User } from "@flotilla/chassis/identity";
import { fakeClock, testDatabase } from "@flotilla/chassis/testing";
import { openConnections } from "../users-under-test.ts";
import { signingKeyStore } from "./signing-key-store.ts";
import { signingKeys } from "./signing-keys.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const ada: Omit<User, "kind"> = { id: "1", name: "Ada", role: "customer", session: "s" };

async function keysUnderTest(t: TestContext) {
  const folder = new URL("../../migrations/", import.meta.url);
  const { database } = await testDatabase(t, [{ name: "users", folder }]);
  const clock = fakeClock();
  const store = signingKeyStore(database);
  const keys = () => signingKeys({ database, store, clock });
  return { clock, store, keys, database };
}

const decode = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
const kidOf = (token: string) => decode(token.split(".")[0] as string).kid;

test("replicas that start at the same time share one first key", async (t) => {
  const { keys, store, database } = await keysUnderTest(t);
  await openConnections(database);
  const replicas = Array.from({ length: 5 }, keys);
  await Promise.all(replicas.map((replica) => replica.refresh()));
  assert.equal((await store.list()).length, 1);
  const [first, ...others] = replicas.map((replica) => replica.shown());
  for (const other of others) assert.deepEqual(other, first);
});

test("a token is verified by the keys that are shown, which hold nothing private", async (t) => {
  const { keys, clock } = await keysUnderTest(t);
  const signer = keys();
  await signer.refresh();
  const token = await signer.sign(ada);
  const [header, payload, signature] = token.split(".") as [string, string, string];
  const [shown] = signer.shown();
  assert.ok(shown);
  const key = createPublicKey({ key: shown, format: "jwk" });
  assert.ok(verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url")));
  assert.deepEqual(decode(header), { alg: "EdDSA", typ: "at+jwt", kid: shown.kid });
  const iat = clock.now().getTime() / 1_000;
  const claims = { iss: "users", aud: "shop", sub: "1", name: "Ada", role: "customer", sid: "s", iat, exp: iat + 900 };
  assert.deepEqual(decode(payload), claims);
  assert.ok(signer.shown().every((key) => !("d" in key)));
});

test("a key follows another: shown first, then signing, and the old one is forgotten when its last token is over", async (t) => {
  const { keys, clock, store } = await keysUnderTest(t);
  const signer = keys();
  await signer.refresh();
  const [first] = signer.shown();
  await clock.advance(30 * DAY);
  await signer.refresh();
  const second = signer.shown()[1];
  assert.ok(first && second && first.kid !== second.kid);
  assert.equal(kidOf(await signer.sign(ada)), first.kid);
  await clock.advance(10 * MINUTE);
  await signer.refresh();
  assert.equal(kidOf(await signer.sign(ada)), second.kid);
  assert.deepEqual(signer.shown(), [first, second]);
  await clock.advance(50 * MINUTE);
  await signer.refresh();
  assert.deepEqual(signer.shown(), [second]);
  assert.equal((await store.list()).length, 1);
});
