import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../../core/clock.ts";
import type { Environment } from "../../core/configuration/config.ts";
import { type KeySet, newServiceKey } from "../../identity/keys/signing-key.ts";
import { serviceTokens, type TokenFor } from "../../identity/tokens/service-token.ts";
import type { Cleanup } from "../file-cleanup.ts";

/** The keys of the services of a test, in files as a service reads them. */
export type ServiceKeys = {
  /** The public ones. */
  readonly keySet: KeySet;
  /** Makes the tokens by which `from`, one of those services, calls others. */
  tokensOf(from: string): TokenFor;
  /** The settings by which a service finds its key and those of the others. */
  environment(name: string): Environment;
};

/** Makes a key for each of the services; the files are gone after the test. */
export async function serviceKeys(
  t: Cleanup,
  names: readonly string[],
  clock: Clock = systemClock,
): Promise<ServiceKeys> {
  const folder = await mkdtemp(join(tmpdir(), "keys-"));
  t.after(() => rm(folder, { recursive: true }));
  const publicKeys = join(folder, "public.json");
  const keys = await Promise.all(names.map(newServiceKey));
  const keySet = { keys: keys.map(({ publicJwk }) => publicJwk) };
  await writeFile(publicKeys, JSON.stringify(keySet));
  for (const { privateJwk } of keys)
    await writeFile(join(folder, `${privateJwk.kid}.json`), JSON.stringify(privateJwk));
  return {
    keySet,
    tokensOf(name) {
      const key = keys.find(({ privateJwk }) => privateJwk.kid === name)?.privateJwk;
      if (!key) throw new Error(`there is no key of ${name} here: only of ${names.join(", ")}`);
      return serviceTokens({ name, key, clock });
    },
    environment: (name) => ({
      SERVICE_KEY_FILE: join(folder, `${name}.json`),
      SERVICE_PUBLIC_KEYS_FILE: publicKeys,
    }),
  };
}
