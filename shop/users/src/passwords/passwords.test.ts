import assert from "node:assert/strict";
import { argon2Sync } from "node:crypto";
import { test } from "node:test";
import { unavailable } from "@flotilla/chassis/failure";
import { createPasswords, deriveOffLoop } from "./passwords.ts";

const by = { network: "192.0.2.1", subject: "ada" };
const queue = createPasswords();
const passwords = {
  hash: (password: string, signal?: AbortSignal) => queue.inTurn(by, ({ hash }) => hash(password), signal),
  verify: (password: string, hash: string) => queue.inTurn(by, ({ verify }) => verify(password, hash)),
};

test("a hash says how it was made, with a salt of its own", async () => {
  const [one, other] = await Promise.all([passwords.hash("correct horse"), passwords.hash("correct horse")]);
  assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.notEqual(one, other);
});

test("a hash verifies its own password only", async () => {
  const hash = await passwords.hash("correct horse");
  assert.equal(await passwords.verify("correct horse", hash), true);
  assert.equal(await passwords.verify("Correct horse", hash), false);
});

test("a hash that was made at another cost still verifies", async () => {
  const salt = Buffer.from("sixteen bytes, ok");
  const cost = { memory: 64, passes: 1, parallelism: 1, tagLength: 16 };
  const tag = argon2Sync("argon2id", { message: "correct horse", nonce: salt, ...cost });
  const base64 = (bytes: Buffer) => bytes.toString("base64").replaceAll("=", "");
  const hash = `$argon2id$v=19$m=64,t=1,p=1$${base64(salt)}$${base64(tag)}`;
  assert.equal(await passwords.verify("correct horse", hash), true);
  assert.equal(await passwords.verify("another horse", hash), false);
});

test("a password may be typed composed or decomposed", async () => {
  const hash = await passwords.hash("Schl\u00fcssel");
  assert.equal(await passwords.verify("Schlu\u0308ssel", hash), true);
});

test("without a hash the answer is no, after the work of a real one", async () => {
  let worked = 0;
  const counting = createPasswords(undefined, (...about) => {
    worked++;
    return deriveOffLoop(...about);
  });
  assert.equal(await counting.inTurn(by, ({ verify }) => verify("correct horse", undefined)), false);
  assert.equal(worked, 1);
});

test("two hash at once and 64 wait; more are refused as unavailable, and those whose caller went away cost nothing", async () => {
  const reasons = await Promise.all(
    Array.from({ length: 70 }, () =>
      passwords.hash("correct horse", AbortSignal.abort(new Error("gone"))).catch((error: unknown) => error),
    ),
  );
  assert.equal(reasons.filter((reason) => unavailable.is(reason)).length, 4);
  assert.equal(reasons.filter((reason) => reason instanceof Error && reason.message === "gone").length, 66);
});
