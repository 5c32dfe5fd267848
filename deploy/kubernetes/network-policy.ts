import type { DeployedService } from "../services.ts";
import { labelsOf, type Manifest, PORT } from "./manifest.ts";

type Peer = Readonly<Record<string, unknown>>;
type Rule = { readonly to?: readonly Peer[]; readonly ports: readonly { port: number; protocol?: string }[] };

/** The pods of a server, whoever runs them: an overlay's own, or an operator. */
export const serverLabels = (server: string): Record<string, string> => ({ "flotilla.example/server": server });

const pods = (matchLabels: Record<string, string>): Peer => ({ podSelector: { matchLabels } });
const service = (name: string): Peer => pods({ "app.kubernetes.io/name": name });
const server = (name: string, port: number): Rule => ({ to: [pods(serverLabels(name))], ports: [{ port }] });

const names: Rule = {
  to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } }],
  ports: [
    { port: 53, protocol: "UDP" },
    { port: 53, protocol: "TCP" },
  ],
};

/** Wherever the collector of spans is, it carries one of these names. */
const spans: Rule = {
  to: [
    {
      namespaceSelector: {},
      podSelector: {
        matchExpressions: [
          { key: "app.kubernetes.io/name", operator: "In", values: ["opentelemetry-collector", "jaeger", "tempo"] },
        ],
      },
    },
  ],
  ports: [{ port: 4318 }],
};

/** What a service wants of the world outside: mail servers, the payment provider. */
const outside: Readonly<Record<string, readonly Rule[]>> = {
  email: [{ ports: [{ port: 25 }, { port: 465 }, { port: 587 }] }],
  payments: [{ ports: [{ port: 443 }] }],
};

/** Lets a service's callers in and nobody else (everybody at the edge), and lets it out to whom it calls and what it works with. */
export function policyOf({ name, edge, calls, callers }: DeployedService): Manifest {
  const ports = [{ port: PORT }];
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, labels: labelsOf(name) },
    spec: {
      podSelector: { matchLabels: labelsOf(name) },
      policyTypes: ["Ingress", "Egress"],
      ingress: edge ? [{ ports }] : [{ from: callers.map(service), ports }],
      egress: [
        names,
        ...(calls.length > 0 ? [{ to: calls.map(service), ports }] : []),
        ...(edge ? [server("redis", 6379)] : [server("postgres", 5432), server("rabbitmq", 5672)]),
        spans,
        ...(outside[name] ?? []),
      ],
    },
  };
}

/** Lets those in that work with a server, and nobody else; the instances of a cluster see each other. */
export const serverPolicy = (name: string, port: number, clients: readonly DeployedService[]): Manifest => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: `${name}-clients`, labels: labelsOf(name) },
  spec: {
    podSelector: { matchLabels: serverLabels(name) },
    policyTypes: ["Ingress"],
    ingress: [
      { from: clients.map((client) => service(client.name)), ports: [{ port }] },
      { from: [pods(serverLabels(name))] },
    ],
  },
});
