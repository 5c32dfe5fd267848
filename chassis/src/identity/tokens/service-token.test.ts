import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { fakeClock } from "../../testing/fake-clock.ts";
import { newServiceKey } from "../keys/signing-key.ts";
import { serviceTokens } from "./service-token.ts";

test("a token says who calls whom, for five minutes", async () => {
  const clock = fakeClock(new Date("2030-01-01T00:00:00Z"));
  const { privateJwk } = await newServiceKey("orders");
  const token = await serviceTokens({ name: "orders", key: privateJwk, clock })("inventory");
  const iat = Date.parse("2030-01-01T00:00:00Z") / 1000;
  assert.deepEqual(decodeProtectedHeader(token), { alg: "EdDSA", typ: "service+jwt", kid: "orders" });
  assert.deepEqual(decodeJwt(token), { iss: "orders", sub: "orders", aud: "inventory", iat, exp: iat + 300 });
});

test("each service called has one token, made once, and renewed a minute before its end", async () => {
  const clock = fakeClock();
  const { privateJwk } = await newServiceKey("orders");
  const tokenFor = serviceTokens({ name: "orders", key: privateJwk, clock });
  const promises = [tokenFor("inventory"), tokenFor("inventory"), tokenFor("payments")];
  assert.equal(promises[0], promises[1]);
  const [first, , other] = await Promise.all(promises);
  assert.notEqual(first, other);
  await clock.advance(4 * 60_000 - 1);
  assert.equal(await tokenFor("inventory"), first);
  await clock.advance(1);
  assert.notEqual(await tokenFor("inventory"), first);
});

test("a clock that is set back makes a new token, for the old one would be from the future", async () => {
  const { privateJwk } = await newServiceKey("orders");
  let now = new Date("2030-01-01T12:00:00Z");
  const tokenFor = serviceTokens({ name: "orders", key: privateJwk, clock: { ...fakeClock(), now: () => now } });
  const before = await tokenFor("inventory");
  now = new Date("2030-01-01T11:00:00Z");
  assert.ok((decodeJwt(await tokenFor("inventory")).iat ?? 0) < (decodeJwt(before).iat ?? 0));
});
