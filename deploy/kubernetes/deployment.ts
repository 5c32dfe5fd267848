import type { DeployedService } from "../services.ts";
import { EDGE_METRICS_PORT, labelsOf, type Manifest, PORT } from "./manifest.ts";

/** Seconds until everybody has noticed that an instance goes: names are good for 5 s, and looked up again within 5 s more. */
const NOTICED_AFTER = 10;
/** Seconds that a service then has to finish what is under way before it is killed; its own deadlines are shorter. */
const DRAINED_AFTER = 30;

const settingsOf = (service: DeployedService) => [
  { name: "SERVICE_KEY_FILE", value: "/run/secrets/service-key.json" },
  { name: "SERVICE_PUBLIC_KEYS_FILE", value: "/run/secrets/service-public-keys.json" },
  ...Object.entries(service.settings).map(([name, value]) => ({ name, value })),
  ...Object.entries(service.secrets).map(([name, file]) => ({ name: `${name}_FILE`, value: `/run/secrets/${file}` })),
  ...(service.edge
    ? [
        { name: "METRICS_HOST", value: "0.0.0.0" },
        { name: "METRICS_PORT", value: String(EDGE_METRICS_PORT) },
      ]
    : []),
  ...(service.identity ? [{ name: "ADMIN_EMAIL", value: "admin@shop.example" }] : []),
];

const probe = (path: string, more: object) => ({ httpGet: { path, port: "http" }, timeoutSeconds: 3, ...more });

/** Live from the moment it listens, also while it waits for its database; ready once it can work. */
const probes = {
  startupProbe: probe("/health/live", { periodSeconds: 1, failureThreshold: 60 }),
  livenessProbe: probe("/health/live", { periodSeconds: 10, failureThreshold: 3 }),
  readinessProbe: probe("/health/ready", { periodSeconds: 2, failureThreshold: 2 }),
};

const container = (service: DeployedService) => ({
  name: service.name,
  image: `flotilla/${service.name}`,
  ports: [
    { name: "http", containerPort: PORT },
    ...(service.edge ? [{ name: "metrics", containerPort: EDGE_METRICS_PORT }] : []),
  ],
  envFrom: [{ configMapRef: { name: "settings" } }],
  env: settingsOf(service),
  ...probes,
  // The signal comes when nobody calls any more.
  lifecycle: { preStop: { exec: { command: ["sleep", String(NOTICED_AFTER)] } } },
  resources: { requests: { cpu: "100m", memory: "160Mi" }, limits: { memory: "384Mi" } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  },
  volumeMounts: [
    { name: "secrets", mountPath: "/run/secrets", readOnly: true },
    { name: "tmp", mountPath: "/tmp" },
  ],
});

/** Runs a service: a new version starts before an old one stops, and its instances are spread over the nodes. */
export const deploymentOf = (service: DeployedService): Manifest => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: service.name, labels: labelsOf(service.name) },
  spec: {
    selector: { matchLabels: labelsOf(service.name) },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    minReadySeconds: 5,
    template: {
      metadata: { labels: labelsOf(service.name) },
      spec: {
        serviceAccountName: service.name,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: NOTICED_AFTER + DRAINED_AFTER,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 1000,
          runAsGroup: 1000,
          fsGroup: 1000,
          seccompProfile: { type: "RuntimeDefault" },
        },
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: "kubernetes.io/hostname",
            whenUnsatisfiable: "ScheduleAnyway",
            labelSelector: { matchLabels: labelsOf(service.name) },
          },
        ],
        containers: [container(service)],
        volumes: [
          { name: "secrets", secret: { secretName: `${service.name}-secrets` } },
          { name: "tmp", emptyDir: { sizeLimit: "16Mi" } },
        ],
      },
    },
  },
});
