/* Who calls, and the keys and tokens by which people are known. */
export { ACCESS_TOKEN_SECONDS, accessTokens, type SignAccessToken } from "./identity/access-token.ts";
export { anonymous, type Caller, type Role, type ServiceCaller, type User, userOf } from "./identity/caller.ts";
export { newSigningKey, type PrivateJwk, type PublicJwk, publicPart, type SigningKey } from "./identity/signing-key.ts";
