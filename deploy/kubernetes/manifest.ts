import { stringify } from "yaml";

/** A Kubernetes object. */
export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
};

/** The port that every service listens on. */
export const PORT = 3000;

/** The edge shows its metrics elsewhere than to the world. */
export const EDGE_METRICS_PORT = 9464;

/** What says which service a pod belongs to. */
export const labelsOf = (name: string): Record<string, string> => ({
  "app.kubernetes.io/name": name,
  "app.kubernetes.io/part-of": "flotilla",
});

const head = "# Generated from shop/topology.ts: npm run tool -- deploy-files\n";

/** A file of manifests. */
export const manifestFile = (...manifests: readonly Manifest[]): string =>
  head + manifests.map((each) => stringify(each, { lineWidth: 0, aliasDuplicateObjects: false })).join("---\n");
