import { type DeployedService, databaseOf, edgeAndInner } from "../services.ts";
import { labelsOf, type Manifest } from "./manifest.ts";
import { serverLabels } from "./network-policy.ts";

/**
 * PostgreSQL on three nodes, run by the operator CloudNativePG (1.25 or newer): a commit is on two of them before it is confirmed. A role
 * can connect to its own database only. The service `postgres` leads to whichever may be written to.
 */
export const postgresCluster = (services: readonly DeployedService[]): Manifest => ({
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "Cluster",
  metadata: { name: "postgres", labels: labelsOf("postgres") },
  spec: {
    instances: 3,
    imageName: "ghcr.io/cloudnative-pg/postgresql:18",
    inheritedMetadata: { labels: serverLabels("postgres") },
    storage: { size: "50Gi" },
    walStorage: { size: "20Gi" },
    resources: { requests: { cpu: "2", memory: "4Gi" }, limits: { memory: "4Gi" } },
    postgresql: {
      parameters: {
        max_connections: "500",
        shared_buffers: "1GB",
        // What rows and statements hold is not for the log.
        log_error_verbosity: "terse",
        log_min_error_statement: "panic",
      },
      synchronous: { method: "any", number: 1 },
      pg_hba: edgeAndInner(services).inner.flatMap(({ name }) => [
        `host ${databaseOf(name)} ${databaseOf(name)} all scram-sha-256`,
        `host all ${databaseOf(name)} all reject`,
      ]),
    },
    managed: {
      roles: edgeAndInner(services).inner.map(({ name }) => ({
        name: databaseOf(name),
        ensure: "present",
        login: true,
        passwordSecret: { name: `${name}-database` },
      })),
      services: {
        additional: [{ selectorType: "rw", serviceTemplate: { metadata: { name: "postgres" } } }],
      },
    },
  },
});

/** A database for each service, on the cluster above. One whose manifest goes is kept. */
export const databases = (services: readonly DeployedService[]): Manifest[] =>
  edgeAndInner(services).inner.map(({ name }) => ({
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Database",
    metadata: { name, labels: labelsOf("postgres") },
    spec: {
      name: databaseOf(name),
      owner: databaseOf(name),
      cluster: { name: "postgres" },
      databaseReclaimPolicy: "retain",
    },
  }));
