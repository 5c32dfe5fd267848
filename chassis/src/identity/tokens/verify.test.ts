import assert from "node:assert/strict";
import { test } from "node:test";
import { base64url, importJWK, type JWTPayload, SignJWT } from "jose";
import { tokenInvalid, unavailable } from "../../core/failure/failure.ts";
import { fakeClock } from "../../testing/fake-clock.ts";
import { verifierWithKeys } from "../keys/keys.fixture.ts";
import { newServiceKey, type PrivateJwk } from "../keys/signing-key.ts";
import { accessTokens } from "./access-token.ts";
import { serviceTokens } from "./service-token.ts";

const ada = { id: "u1", name: "Ada Løvelace", role: "customer", session: "s1" } as const;
const now = () => Math.floor(Date.now() / 1000);

/** Signs whatever it is given, the way a forger with `key` would. */
const forge = async (key: PrivateJwk, header: object, claims: JWTPayload) =>
  new SignJWT(claims).setProtectedHeader({ alg: "EdDSA", kid: key.kid, ...header }).sign(await importJWK(key, "EdDSA"));

const userHeader = { typ: "at+jwt" };
const userClaims = (change: Record<string, unknown> = {}): JWTPayload => ({
  ...{ iss: "users", aud: "shop", sub: "u1", name: "Ada", role: "admin", sid: "s1", iat: now(), exp: now() + 60 },
  ...change,
});
const serviceHeader = { typ: "service+jwt" };
const serviceClaims = (change: Record<string, unknown> = {}): JWTPayload => ({
  ...{ iss: "orders", sub: "orders", aud: "inventory", iat: now(), exp: now() + 60 },
  ...change,
});

test("a customer's token and a service's token stand for whom they were signed", async () => {
  const { verify, users, orders } = await verifierWithKeys();
  const customer = await accessTokens({ key: users.privateJwk })(ada);
  assert.deepEqual(await verify(customer), { kind: "user", ...ada });
  const service = await serviceTokens({ name: "orders", key: orders.privateJwk })("inventory");
  assert.deepEqual(await verify(service), { kind: "service", name: "orders" });
});

test("the claims that the refused tokens below are made from are good as they are", async () => {
  const { verify, users, orders } = await verifierWithKeys();
  assert.equal((await verify(await forge(users.privateJwk, userHeader, userClaims()))).kind, "user");
  assert.equal((await verify(await forge(orders.privateJwk, serviceHeader, serviceClaims()))).kind, "service");
});

test("a customer's token with anything wrong in it is invalid", async () => {
  const { verify, users, orders } = await verifierWithKeys();
  const key = users.privateJwk;
  const wrong: Record<string, Promise<string>> = {
    "another typ": forge(key, { typ: "JWT" }, userClaims()),
    "a service's typ": forge(key, serviceHeader, userClaims()),
    "no typ": forge(key, {}, userClaims()),
    "another issuer": forge(key, userHeader, userClaims({ iss: "orders" })),
    "another audience": forge(key, userHeader, userClaims({ aud: "inventory" })),
    "an end that has passed": forge(key, userHeader, userClaims({ exp: now() - 10 })),
    "no end": forge(key, userHeader, userClaims({ exp: undefined })),
    "a beginning in the future": forge(key, userHeader, userClaims({ nbf: now() + 60 })),
    "an issue in the future": forge(key, userHeader, userClaims({ iat: now() + 60 })),
    "an issue too long ago": forge(key, userHeader, userClaims({ iat: now() - 16 * 60 })),
    "no subject": forge(key, userHeader, userClaims({ sub: undefined })),
    "another role": forge(key, userHeader, userClaims({ role: "root" })),
    "a name that is no text": forge(key, userHeader, userClaims({ name: 7 })),
    "no session": forge(key, userHeader, userClaims({ sid: undefined })),
    "an unknown kid": forge({ ...key, kid: "other" }, userHeader, userClaims()),
    "a service's key": forge(orders.privateJwk, userHeader, userClaims()),
    "a service's key under the kid of users": forge({ ...orders.privateJwk, kid: key.kid }, userHeader, userClaims()),
    "a critical header": forge(key, { ...userHeader, crit: ["b64"], b64: true }, userClaims()),
  };
  for (const [what, token] of Object.entries(wrong)) await assert.rejects(verify(await token), tokenInvalid.is, what);
});

test("a service's token for another, from another, or by another's key is invalid", async () => {
  const { verify, orders, payments } = await verifierWithKeys();
  const key = orders.privateJwk;
  const stranger = (await newServiceKey("orders")).privateJwk;
  const wrong: Record<string, Promise<string>> = {
    "for another service": forge(key, serviceHeader, serviceClaims({ aud: "payments" })),
    "another issuer": forge(key, serviceHeader, serviceClaims({ iss: "payments", sub: "payments" })),
    "another subject": forge(key, serviceHeader, serviceClaims({ sub: "payments" })),
    "another service's key": forge(payments.privateJwk, serviceHeader, serviceClaims()),
    "a stranger's key under a known name": forge(stranger, serviceHeader, serviceClaims()),
    over: forge(key, serviceHeader, serviceClaims({ exp: now() - 10 })),
    "older than any may be": forge(key, serviceHeader, serviceClaims({ iat: now() - 400, exp: now() + 9_000 })),
  };
  for (const [what, token] of Object.entries(wrong)) await assert.rejects(verify(await token), tokenInvalid.is, what);
});

test("no algorithm but ours is taken: none, or HS256 keyed with the public key", async () => {
  const { verify, orders } = await verifierWithKeys();
  const encode = (value: unknown) => base64url.encode(JSON.stringify(value));
  const payload = encode(serviceClaims());
  for (const alg of ["none", "None", "NONE"]) {
    const header = encode({ alg, kid: "orders", ...serviceHeader });
    for (const signature of ["", "AAAA"]) {
      await assert.rejects(verify(`${header}.${payload}.${signature}`), tokenInvalid.is);
    }
  }
  for (const secret of [orders.publicJwk.x, JSON.stringify(orders.publicJwk)]) {
    for (const bytes of [new TextEncoder().encode(secret), base64url.decode(orders.publicJwk.x)]) {
      const token = new SignJWT(serviceClaims()).setProtectedHeader({ alg: "HS256", kid: "orders", ...serviceHeader });
      await assert.rejects(verify(await token.sign(bytes)), tokenInvalid.is);
    }
  }
});

test("a token that brings or names a key of its own is refused before any key is looked for", async () => {
  const { verify, asked, users } = await verifierWithKeys();
  const stranger = await newServiceKey("orders");
  const url = "http://127.0.0.1:9/keys";
  for (const header of [{ jku: url }, { x5u: url }, { jwk: stranger.publicJwk }, { x5c: ["AAAA"] }]) {
    const token = await forge(
      stranger.privateJwk,
      { ...userHeader, kid: users.privateJwk.kid, ...header },
      userClaims(),
    );
    await assert.rejects(verify(token), tokenInvalid.is);
  }
  assert.deepEqual(asked, []);
});

test("what is no token at all is invalid", async () => {
  const { verify, orders } = await verifierWithKeys();
  const good = await forge(orders.privateJwk, serviceHeader, serviceClaims());
  const [header, payload, signature] = good.split(".") as [string, string, string];
  const none = [
    "",
    ".",
    "..",
    "a.b.c",
    "ä.ö.ü",
    header,
    `${header}.${payload}`,
    `${good}.`,
    `${header}.${payload}.${signature}x`,
  ];
  for (const text of [...none, `${header}.${base64url.encode('{"iss":"orders"}')}.${signature}`, "e".repeat(100_000)]) {
    await assert.rejects(verify(text), tokenInvalid.is);
  }
});

test("a token whose last character was changed is invalid, also in the bits that nobody reads", async () => {
  const { verify, orders } = await verifierWithKeys();
  const good = await forge(orders.privateJwk, serviceHeader, serviceClaims());
  for (const last of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
    const token = good.slice(0, -1) + last;
    if (token !== good) await assert.rejects(verify(token), tokenInvalid.is, last);
  }
});

test("the clocks of two machines may differ by a few seconds", async () => {
  const { verify, orders } = await verifierWithKeys();
  await verify(await forge(orders.privateJwk, serviceHeader, serviceClaims({ iat: now() + 3, nbf: now() + 3 })));
  await verify(await forge(orders.privateJwk, serviceHeader, serviceClaims({ exp: now() - 2 })));
});

test("a token is verified once, and no longer taken when it ends", async () => {
  const clock = fakeClock();
  const { verify, users, asked } = await verifierWithKeys({ clock });
  const token = await accessTokens({ key: users.privateJwk, clock })(ada);
  for (let time = 0; time < 5; time += 1) await verify(token);
  assert.equal(asked.length, 1);
  await clock.advance(15 * 60_000 - 1);
  await verify(token);
  assert.equal(asked.length, 1);
  await clock.advance(10_000);
  await assert.rejects(verify(token), tokenInvalid.is);
});

test("when the keys can't be had the answer is unavailable, neither yes nor no", async () => {
  const userKeys = async () => {
    throw unavailable.failure();
  };
  const { verify, users } = await verifierWithKeys({ userKeys });
  await assert.rejects(verify(await accessTokens({ key: users.privateJwk })(ada)), unavailable.is);
});

test("while a service's key is being replaced, tokens by either key are taken", async () => {
  const [old, next] = [await newServiceKey("orders"), await newServiceKey("orders")];
  const { verify } = await verifierWithKeys({ serviceKeys: { keys: [old.publicJwk, next.publicJwk] } });
  for (const { privateJwk } of [old, next]) {
    const token = await serviceTokens({ name: "orders", key: privateJwk })("inventory");
    assert.deepEqual(await verify(token), { kind: "service", name: "orders" });
  }
});

test("what is no token of ours, or has ended, is told without a look at its signature", async () => {
  const { verify, users } = await verifierWithKeys();
  const { privateJwk } = users;
  const good = await forge(privateJwk, userHeader, userClaims());
  const ended = await forge(privateJwk, userHeader, userClaims({ exp: now() - 10 }));
  const foreign = await forge(privateJwk, { typ: "JWT" }, userClaims());
  assert.deepEqual(["", "guess", "a.b.c", `${good}x`, ended, foreign, good].map(verify.isPlausible), [
    ...Array<boolean>(6).fill(false),
    true,
  ]);
});
