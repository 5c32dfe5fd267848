import type { DeployedService } from "../services.ts";
import { deploymentOf } from "./deployment.ts";
import { labelsOf, type Manifest, PORT } from "./manifest.ts";
import { policyOf } from "./network-policy.ts";

/** Everything that a service is in a cluster of any size. */
export const serviceManifests = (service: DeployedService): Manifest[] => [
  accountOf(service),
  deploymentOf(service),
  addressOf(service),
  budgetOf(service),
  policyOf(service),
];

const accountOf = ({ name }: DeployedService): Manifest => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, labels: labelsOf(name) },
  automountServiceAccountToken: false,
});

/** Callers balance among the instances themselves: the name of a service has the addresses of all that are ready. The edge is for others. */
const addressOf = ({ name, edge }: DeployedService): Manifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, labels: labelsOf(name) },
  spec: {
    ...(edge ? {} : { clusterIP: "None" }),
    selector: labelsOf(name),
    ports: [{ name: "http", port: PORT, targetPort: "http" }],
  },
});

/** Nodes are drained one instance at a time. */
const budgetOf = ({ name }: DeployedService): Manifest => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name, labels: labelsOf(name) },
  spec: { maxUnavailable: 1, selector: { matchLabels: labelsOf(name) } },
});

/** Adds instances while those there are use more than 70 % of what they asked for, and takes them away slowly. */
export const autoscalerOf = ({ name, edge }: DeployedService): Manifest => ({
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name, labels: labelsOf(name) },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
    minReplicas: 2,
    // A consumer's events are read by four instances at most; the edge reads none.
    maxReplicas: edge ? 12 : 4,
    metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } }],
    behavior: {
      scaleUp: { policies: [{ type: "Pods", value: 2, periodSeconds: 30 }] },
      scaleDown: { stabilizationWindowSeconds: 300, policies: [{ type: "Pods", value: 1, periodSeconds: 60 }] },
    },
  },
});
