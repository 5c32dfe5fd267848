import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isPrivateJwk, newServiceKey, type PrivateJwk, publicPart } from "../../identity/keys/signing-key.ts";
import { readJson, writePrivateJson } from "./private-file.ts";

/** Where the keys of the services are. */
export type ServiceKeys = {
  /** The file with the private key of a service. */
  privateKeyFile(service: string): string;
  /** The file with the public keys of all. */
  readonly publicKeysFile: string;
};

/** Where in a folder of keys that of a service is. */
export const serviceKeyIn = (folder: string, service: string): string => join(folder, `${service}.json`);

/** Where in a folder of keys the public ones are. */
export const publicKeysIn = (folder: string): string => join(folder, "public.json");

/** Makes an Ed25519 key for each service that has none in `folder` yet, and writes down the public keys of all. */
export async function prepareKeys(folder: string, services: readonly string[]): Promise<ServiceKeys> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const privateKeyFile = (service: string) => serviceKeyIn(folder, service);
  const keys = await Promise.all(services.map((service) => keyOf(service, privateKeyFile(service))));
  const publicKeysFile = publicKeysIn(folder);
  await writePrivateJson(publicKeysFile, { keys: keys.map(publicPart) });
  return { privateKeyFile, publicKeysFile };
}

async function keyOf(service: string, path: string): Promise<PrivateJwk> {
  const kept = await readJson(path);
  if (kept === undefined) {
    const { privateJwk } = await newServiceKey(service);
    await writePrivateJson(path, privateJwk);
    return privateJwk;
  }
  if (!isPrivateJwk(kept) || kept.kid !== service) throw new Error(`${path} does not hold the key of ${service}`);
  return kept;
}
