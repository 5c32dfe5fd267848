import { type DeployedService, edgeAndInner } from "../services.ts";
import { manifestFile } from "./manifest.ts";
import { serverPolicy } from "./network-policy.ts";
import { databases, postgresCluster } from "./operators.ts";
import { autoscalerOf, serviceManifests } from "./service-manifests.ts";

/** The manifests that follow from who is deployed, by their paths below deploy/kubernetes. */
export function kubernetesFiles(services: readonly DeployedService[], databasesSql: string): Map<string, string> {
  const { edge, inner } = edgeAndInner(services);
  const own = services.map(
    (service) => [`base/${service.name}.yaml`, manifestFile(...serviceManifests(service))] as const,
  );
  const policies = manifestFile(
    serverPolicy("postgres", 5432, inner),
    serverPolicy("rabbitmq", 5672, inner),
    serverPolicy("redis", 6379, [edge]),
  );
  return new Map([
    ...own,
    ["base/server-policies.yaml", policies],
    ["overlays/small/databases.sql", databasesSql],
    ["overlays/large/autoscalers.yaml", manifestFile(...services.map(autoscalerOf))],
    ["overlays/large/postgres.yaml", manifestFile(postgresCluster(services), ...databases(services))],
  ]);
}
