import { type CryptoKey, importJWK } from "jose";
import { ALGORITHM, isPublicJwk, type KeySet } from "./signing-key.ts";

/** Public keys that verify signatures, by id; several while one key follows another. */
export type PublicKeys = ReadonlyMap<string, readonly CryptoKey[]>;

const MOST_KEYS = 100;

/** Takes the usable keys of a set, at most 100; what is not an Ed25519 key is left out. */
export async function importKeySet(set: KeySet): Promise<PublicKeys> {
  const keys = new Map<string, CryptoKey[]>();
  for (const jwk of set.keys.filter(isPublicJwk).slice(0, MOST_KEYS)) {
    const key = (await importJWK({ kty: "OKP", crv: "Ed25519", x: jwk.x }, ALGORITHM)) as CryptoKey;
    keys.set(jwk.kid, [...(keys.get(jwk.kid) ?? []), key]);
  }
  return keys;
}
