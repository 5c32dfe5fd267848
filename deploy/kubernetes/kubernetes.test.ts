import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments } from "yaml";
import { shop } from "../../shop/topology.ts";
import { shopSystem } from "../generated-files.ts";
import { completeVault } from "../secrets/vault.ts";
import { deployedServices, edgeAndInner } from "../services.ts";
import type { Manifest } from "./manifest.ts";
import { secretManifests } from "./secret-manifests.ts";

type Peers = { podSelector?: { matchLabels: Record<string, string> } }[];
type Policy = { ingress: { from?: Peers }[]; egress: { to?: Peers; ports: { port: number }[] }[] };
type Pod = {
  terminationGracePeriodSeconds: number;
  containers: { lifecycle?: { preStop: { exec: { command: string[] } } } }[];
  volumes: { secret?: { secretName: string } }[];
};

const folder = fileURLToPath(new URL("./", import.meta.url));
const read = (path: string) => readFileSync(join(folder, path), "utf8");
const manifestsIn = (...paths: string[]) =>
  paths.flatMap((path) => parseAllDocuments(read(path)).map((document) => document.toJS() as Manifest));
const files = (pattern: string) =>
  globSync(pattern, { cwd: folder }).filter((path) => basename(path) !== "kustomization.yaml");

const base = manifestsIn(...files("base/*.yaml"));
const ours = shop.services;
const one = (kind: string, name: string): Manifest =>
  base.find((each) => each.kind === kind && each.metadata.name === name) ?? assert.fail(`no ${kind} ${name}`);
const policy = (name: string) => one("NetworkPolicy", name)["spec"] as Policy;
const podOf = (name: string) => (one("Deployment", name)["spec"] as { template: { spec: Pod } }).template.spec;

const names = (peers: Peers = []) =>
  peers
    .map(({ podSelector }) => podSelector?.matchLabels["app.kubernetes.io/name"])
    .filter((name) => name !== undefined);

for (const place of ["base", "overlays/small", "overlays/large"]) {
  test(`${place} has no file that Kustomize does not read, and names none that is not there`, () => {
    const { resources } = parse(read(`${place}/kustomization.yaml`)) as { resources: string[] };
    const named = resources.filter((resource) => resource.endsWith(".yaml"));
    assert.deepEqual(
      named.toSorted(),
      files(`${place}/*.yaml`)
        .map((path) => basename(path))
        .toSorted(),
    );
  });
}

test("a service is let in by those who call it, and let out to those it calls", () => {
  for (const { name, edge, calls, callers } of deployedServices(shopSystem)) {
    const { ingress, egress } = policy(name);
    assert.deepEqual(
      ingress.flatMap(({ from }) => names(from)),
      edge ? [] : callers,
      `into ${name}`,
    );
    assert.deepEqual(
      egress.filter(({ ports }) => ports[0]?.port === 3000).flatMap(({ to }) => names(to)),
      calls,
      name,
    );
  }
});

test("nobody but the edge is open to everybody", () => {
  const open = ours.filter((name) => policy(name).ingress.some(({ from }) => !from?.length));
  assert.deepEqual(open, ["gateway"]);
  assert.deepEqual(one("NetworkPolicy", "default-deny")["spec"], { podSelector: {}, policyTypes: ["Ingress"] });
});

test("an instance is killed only after everybody has noticed that it goes and its own deadlines have passed", () => {
  for (const name of ours) {
    const { terminationGracePeriodSeconds, containers } = podOf(name);
    const waits = Number(containers[0]?.lifecycle?.preStop.exec.command[1]);
    assert.ok(terminationGracePeriodSeconds - waits >= 30, name);
  }
});

test("every Secret that is referred to can be made, and none is in a file", () => {
  const services = deployedServices(shopSystem);
  const { edge, inner } = edgeAndInner(services);
  const vault = completeVault({}, { edge: edge.name, inner: inner.map(({ name }) => name) });
  const made = secretManifests(vault, services).map(({ metadata }) => metadata.name);
  const everything = manifestsIn(...files("{base,overlays}/**/*.yaml"));
  assert.deepEqual(
    everything.filter(({ kind }) => kind === "Secret"),
    [],
  );
  const text = JSON.stringify(everything);
  const named = Array.from(
    text.matchAll(/"secretName":"([^"]+)"|"passwordSecret":\{"name":"([^"]+)"/g),
    ([, a, b]) => a ?? b,
  );
  assert.ok(named.length >= ours.length);
  for (const name of named) assert.ok(made.includes(name ?? ""), `nobody makes ${name}`);
});

test("each overlay has an image for each service, and the same namespace as the names that services look up", () => {
  const { configMapGenerator } = parse(read("base/kustomization.yaml"));
  for (const overlay of ["small", "large"]) {
    const { images, namespace } = parse(read(`overlays/${overlay}/kustomization.yaml`));
    assert.deepEqual(
      images.map((image: { name: string }) => image.name),
      ours.toSorted().map((name) => `flotilla/${name}`),
    );
    assert.match(configMapGenerator[0].literals.join(), new RegExp(`\\{service\\}\\.${namespace}\\.svc`));
    assert.equal(manifestsIn(`overlays/${overlay}/namespace.yaml`)[0]?.metadata.name, namespace);
  }
});
