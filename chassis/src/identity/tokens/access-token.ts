import { importJWK, SignJWT } from "jose";
import { type Static, Type } from "typebox";
import { type Clock, systemClock } from "../../core/clock.ts";
import type { User } from "../caller.ts";
import { ALGORITHM, type PrivateJwk } from "../keys/signing-key.ts";

/** The `typ` of a signed-in person's token (RFC 9068). */
export const ACCESS_TOKEN_TYPE = "at+jwt";

/** How long an access token is good for. */
export const ACCESS_TOKEN_SECONDS = 15 * 60;

/** Who signs access tokens (the service that keeps the accounts), and for whom. */
export type AccessTokenScope = { readonly issuer: string; readonly audience: string };

export const accessTokenScope: AccessTokenScope = { issuer: "users", audience: "shop" };

/** What an access token says, besides issuer, audience and times. */
export const AccessTokenClaims = Type.Object({
  sub: Type.String({ minLength: 1, maxLength: 64 }),
  name: Type.String({ maxLength: 200 }),
  role: Type.Union([Type.Literal("customer"), Type.Literal("admin")]),
  sid: Type.String({ minLength: 1, maxLength: 64 }),
});
export type AccessTokenClaims = Static<typeof AccessTokenClaims>;

export type SignAccessToken = (user: Omit<User, "kind">) => Promise<string>;

/** Makes the function that signs access tokens of {@link ACCESS_TOKEN_SECONDS} with `key`. */
export function accessTokens(
  options: { readonly key: PrivateJwk; readonly clock?: Clock } & Partial<AccessTokenScope>,
): SignAccessToken {
  const { key, clock = systemClock, issuer = accessTokenScope.issuer, audience = accessTokenScope.audience } = options;
  const signingKey = importJWK(key, ALGORITHM);
  signingKey.catch(() => {}); // whoever signs first is told
  return async (user) => {
    const issuedAt = Math.floor(clock.now().getTime() / 1000);
    const claims: AccessTokenClaims = { sub: user.id, name: user.name, role: user.role, sid: user.session };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, typ: ACCESS_TOKEN_TYPE, kid: key.kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + ACCESS_TOKEN_SECONDS)
      .sign(await signingKey);
  };
}
