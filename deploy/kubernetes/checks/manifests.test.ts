import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";

/*
 * Kubernetes' own models judge every manifest: their validators the values, and the compiler the names of the fields, since the
 * validators pass over what they don't know.
 */
const here = fileURLToPath(new URL("./", import.meta.url));
const manifestsFolder = fileURLToPath(new URL("../", import.meta.url));

type Manifest = { apiVersion: string; kind: string; metadata: { name: string } };
type Found = { path: string; manifest: Manifest };

/** The packages come over the network. */
const INSTALLING = { timeout: 600_000 };

/** Kinds that no package has models of. */
const unknownKinds = ["rabbitmq.com/v1beta1 RabbitmqCluster"];

const found: Found[] = globSync("{base,overlays}/**/*.yaml", { cwd: manifestsFolder })
  .filter((path) => basename(path) !== "kustomization.yaml")
  .flatMap((path) =>
    parseAllDocuments(readFileSync(join(manifestsFolder, path), "utf8")).map((document) => ({
      path,
      manifest: document.toJS() as Manifest,
    })),
  );
const judged = found.filter(({ manifest }) => !unknownKinds.includes(`${manifest.apiVersion} ${manifest.kind}`));

before(() => {
  if (existsSync(join(here, "node_modules", "kubernetes-models"))) return;
  execFileSync("npm", ["ci", "--workspaces=false", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: here,
    stdio: "inherit",
  });
}, INSTALLING);

/** The package that has the models of a kind, and the path in it. */
function modelOf({ apiVersion, kind }: Manifest): string {
  const group = apiVersion.split("/")[0] ?? "";
  const packages: Record<string, string> = {
    "postgresql.cnpg.io": "@kubernetes-models/cloudnative-pg",
    "gateway.networking.k8s.io": "@kubernetes-models/gateway-api",
  };
  return `${packages[group] ?? "kubernetes-models"}/${apiVersion}/${kind}`;
}

async function validate(manifest: Manifest): Promise<void> {
  const { [manifest.kind]: Model } = await import(modelOf(manifest));
  new Model(manifest).validate();
}

/** What the compiler says of manifests, written down as values of their kinds' types. */
function compile(manifests: readonly Manifest[]): string {
  const folder = mkdtempSync(join(here, "node_modules", ".check-"));
  try {
    const lines = manifests.map((manifest, index) => {
      const type = `import(${JSON.stringify(modelOf(manifest))}).I${manifest.kind}`;
      return `export const manifest${index}: ${type} = ${JSON.stringify(manifest)};\n`;
    });
    writeFileSync(join(folder, "manifests.ts"), lines.join(""));
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: { module: "nodenext", strict: true, noEmit: true, skipLibCheck: true, types: [] },
        files: ["manifests.ts"],
      }),
    );
    const compiler = fileURLToPath(new URL("../../../node_modules/.bin/tsc", import.meta.url));
    execFileSync(compiler, ["-p", folder], { encoding: "utf8", stdio: "pipe" });
    return "";
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("every manifest has the values that Kubernetes allows", async () => {
  assert.ok(judged.length > 60, `${judged.length} manifests`);
  for (const { path, manifest } of judged) {
    await assert.doesNotReject(validate(manifest), `${path}: ${manifest.kind} ${manifest.metadata.name}`);
  }
});

test("every manifest has the fields that Kubernetes knows, and no others", () => {
  assert.equal(compile(judged.map(({ manifest }) => manifest)), "");
});

test("a wrong value and an unknown field are found", async () => {
  const deployment = judged.find(({ manifest }) => manifest.kind === "Deployment")?.manifest;
  const wrong = structuredClone(deployment) as unknown as { spec: { minReadySeconds: unknown } };
  wrong.spec.minReadySeconds = "soon";
  await assert.rejects(validate(wrong as unknown as Manifest));
  const unknown = structuredClone(deployment) as unknown as { spec: Record<string, unknown> };
  unknown.spec["replica"] = 2;
  assert.match(compile([unknown as unknown as Manifest]), /"replica"' does not exist/);
});
