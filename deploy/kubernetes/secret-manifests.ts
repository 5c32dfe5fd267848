import { secretFiles } from "../secrets/secret-files.ts";
import type { Vault } from "../secrets/vault.ts";
import { type DeployedService, databaseOf, edgeAndInner } from "../services.ts";
import { labelsOf, type Manifest } from "./manifest.ts";

/**
 * The Secrets that the manifests refer to: `NAME-secrets` with the files of each service and server, and `NAME-database` with the role and
 * password of each service, as the operator of PostgreSQL reads them.
 */
export function secretManifests(vault: Vault, services: readonly DeployedService[]): Manifest[] {
  const { edge, inner } = edgeAndInner(services);
  const files = secretFiles(vault, { edge: edge.name, inner: inner.map(({ name }) => name) });
  const folders = Object.entries(files).map(([owner, stringData]) => secret(owner, `${owner}-secrets`, { stringData }));
  const roles = inner.map(({ name }) => {
    const username = databaseOf(name);
    const stringData = { username, password: files["postgres"]?.[username] };
    return secret(name, `${name}-database`, { type: "kubernetes.io/basic-auth", stringData });
  });
  return [...folders, ...roles];
}

const secret = (owner: string, name: string, content: object): Manifest => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, labels: labelsOf(owner) },
  ...content,
});
