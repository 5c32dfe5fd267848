import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { shopSystem } from "../generated-files.ts";
import { readVault } from "../secrets/read-vault.ts";
import { completeVault } from "../secrets/vault.ts";
import { deployedServices, edgeAndInner } from "../services.ts";
import { manifestFile } from "./manifest.ts";
import { secretManifests } from "./secret-manifests.ts";

/*
 * npm run --silent tool -- secrets VAULT | kubectl --namespace flotilla apply --filename -
 * makes the passwords and keys that are not in the file VAULT yet, and prints the Secrets of the shop. Who loses the file has lost nothing that
 * the cluster does not have, but can't make the Secrets again.
 */
const file = process.argv[2];
if (file === undefined) {
  console.error("use: npm run --silent tool -- secrets VAULT");
  process.exit(2);
}
const services = deployedServices(shopSystem);
const { edge, inner } = edgeAndInner(services);
const vault = completeVault(readVault(file), { edge: edge.name, inner: inner.map(({ name }) => name) });
mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
writeFileSync(file, `${JSON.stringify(vault, null, 2)}\n`, { mode: 0o600 });
process.stdout.write(manifestFile(...secretManifests(vault, services)));
