import { accessTokens, newSigningKey, type PrivateJwk, publicPart } from "@flotilla/chassis/identity";
import { base64url, importJWK, type JWTPayload, SignJWT } from "jose";
import type { Shop } from "../fixtures/shop.ts";

const HEADER = { alg: "EdDSA", typ: "at+jwt" };
const seconds = () => Math.floor(Date.now() / 1_000);

/** The key that the shop itself signs with right now: a forger who had it could do no more than what is tried here. */
export async function signingKeyOf(shop: Shop): Promise<PrivateJwk> {
  const [row] = await shop
    .database("users")
    .query<{ jwk: PrivateJwk }>("select private_jwk as jwk from signing_key order by created_at desc limit 1");
  if (!row) throw new Error("users has no signing key");
  return row.jwk;
}

const sign = async (key: PrivateJwk, header: object, claims: JWTPayload): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ ...HEADER, kid: key.kid, ...header }).sign(await importJWK(key, "EdDSA"));

/**
 * Tokens of the administrator, each wrong in one way, and one that is right. Headers that name a place to fetch keys from name
 * `keyServer`, which has a key that would fit.
 */
export async function forgedTokens(
  shop: Shop,
  { keyServer, stranger }: { keyServer: string; stranger: PrivateJwk },
): Promise<{ good: string; forged: Record<string, string> }> {
  const key = await signingKeyOf(shop);
  const { id, name, role } = shop.admin.user;
  const claims = (change: Record<string, unknown> = {}): JWTPayload => ({
    ...{ iss: "users", aud: "shop", sub: id, name, role, sid: "a-session" },
    ...{ iat: seconds(), exp: seconds() + 600, ...change },
  });
  const good = await sign(key, {}, claims());
  const [header, payload, signature] = good.split(".") as [string, string, string];
  const encode = (value: unknown) => base64url.encode(JSON.stringify(value));
  const unsigned = (alg: string) => `${encode({ ...HEADER, alg, kid: key.kid })}.${payload}.`;
  const keyedWith = (secret: Uint8Array) =>
    new SignJWT(claims()).setProtectedHeader({ ...HEADER, alg: "HS256", kid: key.kid }).sign(secret);
  const { x } = publicPart(key);
  const named = { ...stranger, kid: key.kid };
  const forged: Record<string, string | Promise<string>> = {
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "no signature": `${header}.${payload}.`,
    "HS256 by the public key": keyedWith(base64url.decode(x)),
    "HS256 by the public key's text": keyedWith(new TextEncoder().encode(x)),
    "HS256 by the public JWK": keyedWith(new TextEncoder().encode(JSON.stringify(publicPart(key)))),
    "another typ": sign(key, { typ: "JWT" }, claims()),
    "a refresh token's typ": sign(key, { typ: "rt+jwt" }, claims()),
    "a service's typ": sign(key, { typ: "service+jwt" }, claims()),
    "another audience": sign(key, {}, claims({ aud: "orders" })),
    "another issuer": sign(key, {}, claims({ iss: "gateway" })),
    "an end that has passed": sign(key, {}, claims({ exp: seconds() - 60 })),
    "no end": sign(key, {}, claims({ exp: undefined })),
    "an end that is text": sign(key, {}, claims({ exp: "never" })),
    "a longer life than any may have": sign(key, {}, claims({ iat: seconds() - 3_600, exp: seconds() + 3_600 })),
    "a beginning to come": sign(key, {}, claims({ nbf: seconds() + 600 })),
    "an issue to come": sign(key, {}, claims({ iat: seconds() + 600 })),
    "a critical header": sign(key, { crit: ["b64"], b64: true }, claims()),
    "an unknown kid": sign({ ...stranger, kid: "nobody" }, {}, claims()),
    "a kid that is a path": sign({ ...stranger, kid: "../../../dev/null" }, {}, claims()),
    "a kid of SQL": sign({ ...stranger, kid: "' or 1=1 --" }, {}, claims()),
    "another's key under our kid": sign(named, {}, claims()),
    "a key of its own": sign(named, { jwk: publicPart(stranger) }, claims()),
    "a place to fetch keys": sign(named, { jku: `${keyServer}/jku` }, claims()),
    "a place to fetch certificates": sign(named, { x5u: `${keyServer}/x5u` }, claims()),
    "no subject": sign(key, {}, claims({ sub: undefined })),
    "another role": sign(key, {}, claims({ role: "root" })),
    "a changed payload": `${header}.${encode(claims({ sub: "somebody" }))}.${signature}`,
    "a service's own key": accessTokens({ key: (await newSigningKey("orders")).privateJwk })({
      ...{ id, name, role, session: "a-session" },
    }),
    "nothing of the kind": "x.y.z",
    "far too much": `${header}.${"x".repeat(7_000)}.${signature}`,
  };
  const entries = Object.entries(forged).map(async ([what, token]) => [what, await token] as const);
  return { good, forged: Object.fromEntries(await Promise.all(entries)) };
}
