/* Who calls, and the keys and tokens by which people are known. */

export { anonymous, type Caller, type Role, type ServiceCaller, type User, userOf } from "./identity/caller.ts";
export {
  newSigningKey,
  type PrivateJwk,
  type PublicJwk,
  publicPart,
  type SigningKey,
} from "./identity/keys/signing-key.ts";
export { ACCESS_TOKEN_SECONDS, accessTokens, type SignAccessToken } from "./identity/tokens/access-token.ts";
