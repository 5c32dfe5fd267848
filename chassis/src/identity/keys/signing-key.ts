import { exportJWK, generateKeyPair, type JWK } from "jose";
import { newId } from "../../core/id.ts";

/** The only signature algorithm of the system: Ed25519 (RFC 8037). */
export const ALGORITHM = "EdDSA";

/** One public key, as a key set shows it. */
export type PublicJwk = { kty: "OKP"; crv: "Ed25519"; alg: "EdDSA"; use: "sig"; kid: string; x: string };

/** A key that signs: {@link PublicJwk} with the private part. To be kept like a password. */
export type PrivateJwk = PublicJwk & { d: string };

/** A set of public keys (RFC 7517). Two keys may share a `kid` while one follows the other. */
export type KeySet = { readonly keys: readonly PublicJwk[] };

export type SigningKey = { readonly privateJwk: PrivateJwk; readonly publicJwk: PublicJwk };

/** A new key pair for a service, whose name is the key's id. */
export const newServiceKey = (name: string): Promise<SigningKey> => newSigningKey(name);

/** A new key pair; without `kid` its id is a new one that sorts by creation. */
export async function newSigningKey(kid: string = newId()): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { crv: "Ed25519", extractable: true });
  const { x, d } = await exportJWK(privateKey);
  const privateJwk: PrivateJwk = {
    kty: "OKP",
    crv: "Ed25519",
    alg: ALGORITHM,
    use: "sig",
    kid,
    x: x as string,
    d: d as string,
  };
  return { privateJwk, publicJwk: publicPart(privateJwk) };
}

/** What others may see of a signing key. */
export function publicPart({ kty, crv, alg, use, kid, x }: PrivateJwk): PublicJwk {
  return { kty, crv, alg, use, kid, x };
}

const BYTES_32 = /^[A-Za-z0-9_-]{43}$/;

/** Whether `value` is a key of ours, without a private part. */
export const isPublicJwk = (value: unknown): value is PublicJwk => isEd25519(value) && value.d === undefined;

/** Whether `value` is a key of ours, with its private part. */
export const isPrivateJwk = (value: unknown): value is PrivateJwk =>
  isEd25519(value) && typeof value.d === "string" && BYTES_32.test(value.d);

function isEd25519(value: unknown): value is JWK {
  if (typeof value !== "object" || value === null) return false;
  const { kty, crv, alg, use, kid, x } = value as JWK;
  return (
    kty === "OKP" &&
    crv === "Ed25519" &&
    (alg === undefined || alg === ALGORITHM) &&
    (use === undefined || use === "sig") &&
    typeof kid === "string" &&
    kid !== "" &&
    typeof x === "string" &&
    BYTES_32.test(x)
  );
}
