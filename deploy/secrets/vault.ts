import { generateKeyPairSync, randomBytes } from "node:crypto";

/** The key by which others know a service: Ed25519, as JWK. */
export type ServiceKey = {
  readonly kid: string;
  readonly x: string;
  readonly d: string;
  readonly [field: string]: string;
};

/** Every password and key there is. What the files hold follows from it. */
export type Vault = {
  /** By the role of the database server, the user of the broker, or whose else it is. */
  readonly passwords: Readonly<Record<string, string>>;
  readonly keys: Readonly<Record<string, ServiceKey>>;
};

/** The services that want secrets. */
export type Services = {
  /** The one that people reach; it has no database, and counts requests in Redis. */
  readonly edge: string;
  /** All others: each has a database and uses the broker. */
  readonly inner: readonly string[];
};

/** Adds what is missing, and changes nothing that is there. */
export function completeVault(kept: Partial<Vault>, { edge, inner }: Services): Vault {
  const names = [
    "postgres",
    "operator",
    "redis",
    "administrator",
    ...inner.flatMap((name) => [`database/${name}`, `broker/${name}`]),
  ];
  const passwords = { ...kept.passwords };
  for (const name of names) passwords[name] ??= randomBytes(24).toString("base64url");
  const keys = { ...kept.keys };
  for (const name of [edge, ...inner]) keys[name] ??= newKey(name);
  return { passwords, keys };
}

function newKey(kid: string): ServiceKey {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { x = "", d = "" } = privateKey.export({ format: "jwk" }) as { x?: string; d?: string };
  return { kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig", kid, x, d };
}
