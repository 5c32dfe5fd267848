import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { definitionsOf } from "../chassis/src/messaging/brokers/rabbitmq/definitions.ts";
import { readSystem } from "../chassis/src/topology/system/read-system.ts";
import { type System, subscriptionsOf } from "../chassis/src/topology/system/system.ts";
import { shop } from "../shop/topology.ts";
import { composeRegions } from "./compose/compose-regions.ts";
import { leanCompose } from "./compose/lean.ts";
import { fillRegions } from "./compose/regions.ts";
import { kubernetesFiles } from "./kubernetes/kubernetes-files.ts";
import { databasesSql } from "./postgres/databases-sql.ts";
import { deployedServices } from "./services.ts";

export const root = fileURLToPath(new URL("../", import.meta.url));

/** The shop, as it is deployed. */
export const shopSystem: System = await readSystem(shop);

/** Every file that follows from what the services of a system say, wholly or in parts: its path from the root, and what should be in it. */
export async function generatedFiles(system = shopSystem): Promise<Map<string, string>> {
  const services = deployedServices(system);
  const read = (path: string) => readFileSync(root + path, "utf8");
  const sql = databasesSql(services);
  return new Map([
    ["compose.yaml", fillRegions(read("compose.yaml"), composeRegions(services))],
    ["deploy/compose/lean.yaml", leanCompose(services)],
    ["deploy/postgres/databases.sql", sql],
    ["deploy/secrets/queues.json", `${JSON.stringify(await definitionsOf(subscriptionsOf(system)), null, 2)}\n`],
    // Kustomize reads nothing outside of an overlay's folder.
    ["deploy/kubernetes/overlays/small/rabbitmq.conf", read("deploy/rabbitmq/rabbitmq.conf")],
    ...Array.from(kubernetesFiles(services, sql), ([path, content]) => [`deploy/kubernetes/${path}`, content] as const),
  ]);
}
