import { readFile } from "node:fs/promises";
import { ConfigurationError } from "../../core/configuration/config.ts";
import { isPrivateJwk, isPublicJwk, type KeySet, type PrivateJwk, type PublicJwk } from "./signing-key.ts";

/** Reads the private key of the service `name` from the file that SERVICE_KEY_FILE names. Throws {@link ConfigurationError}. */
export async function readServiceKey(path: string, name: string): Promise<PrivateJwk> {
  const key = await readJson("SERVICE_KEY_FILE", path);
  if (!isPrivateJwk(key)) throw fault("SERVICE_KEY_FILE must hold a private Ed25519 key as JWK");
  if (key.kid !== name) throw fault(`SERVICE_KEY_FILE must hold the key of ${name}: its kid is another`);
  return key;
}

/** Reads the public keys of all services from the file that SERVICE_PUBLIC_KEYS_FILE names. Throws {@link ConfigurationError}. */
export async function readServiceKeySet(path: string): Promise<KeySet> {
  const set = await readJson("SERVICE_PUBLIC_KEYS_FILE", path);
  const keys = (set as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isPublicJwk)) {
    throw fault(
      "SERVICE_PUBLIC_KEYS_FILE must hold a set of public Ed25519 keys as JWKS, each with the service's name as kid",
    );
  }
  return { keys: keys as PublicJwk[] };
}

async function readJson(setting: string, path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw fault(`${setting} names a file that can't be read (${error.code})`);
  });
  try {
    return JSON.parse(text);
  } catch {
    throw fault(`${setting} names a file that is not JSON`);
  }
}

const fault = (line: string) => new ConfigurationError([line]);
