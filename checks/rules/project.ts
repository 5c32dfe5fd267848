import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { type Import, parseSource, type Source } from "./source.ts";

/** A `package.json`, as far as the rules read it. */
export type Manifest = {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
} & { readonly [Kind in DependencyKind]?: Readonly<Record<string, string>> };

export type DependencyKind = "dependencies" | "devDependencies" | "optionalDependencies" | "peerDependencies";

/** A package of the workspace. The folder of the root is empty, all others end with a slash. */
export type Package = { readonly folder: string; readonly manifest: Manifest };

/** Everything the rules look at. */
export type Project = {
  readonly sources: readonly Source[];
  readonly packages: readonly Package[];
  /** Every file's path from the root. */
  readonly files: ReadonlySet<string>;
};

/** What is wrong and where: `path:line what`. */
export type Fault = string;

/** A rule of the house: finds every place that breaks it. */
export type Rule = (project: Project) => Fault[];

/** Makes a project from files given by path. */
export function projectOf(files: Readonly<Record<string, string>>): Project {
  const entries = Object.entries(files);
  return {
    files: new Set(entries.map(([path]) => path)),
    sources: entries.filter(([path]) => path.endsWith(".ts")).map(([path, text]) => parseSource(path, text)),
    packages: entries
      .filter(([path]) => posix.basename(path) === "package.json")
      .map(([path, text]) => ({ folder: path.slice(0, -"package.json".length), manifest: JSON.parse(text) })),
  };
}

/** Reads the files that git knows or would take, as they are on disk. */
export function readProject(root: string): Project {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  const paths = listed.split("\0").filter((path) => path && existsSync(posix.join(root, path)));
  const isRead = (path: string) => path.endsWith(".ts") || posix.basename(path) === "package.json";
  return projectOf(
    Object.fromEntries(
      paths.map((path) => [path, isRead(path) ? readFileSync(posix.join(root, path), "utf8") : ""] as const),
    ),
  );
}

/** The package a file belongs to: the nearest above it. */
export function packageOf(project: Project, path: string): Package {
  const above = project.packages.filter(({ folder }) => path.startsWith(folder));
  const nearest = above.sort((a, b) => b.folder.length - a.folder.length)[0];
  if (!nearest) throw new Error(`${path} is in no package`);
  return nearest;
}

/** The folder of the service that a file belongs to, such as `shop/orders/`. */
export const serviceOf = (path: string): string | undefined =>
  /^shop\/(?!contracts\/|tests\/|commands\/)[^/]+\//.exec(path)?.[0];

/** A bare specifier in parts: `@flotilla/chassis/core/id` is `@flotilla/chassis` and `./core/id`. Undefined for `./x.ts` and `node:fs`. */
export function packageNamed(specifier: string): { name: string; subpath: string } | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return undefined;
  const parts = specifier.split("/");
  const name = parts.splice(0, specifier.startsWith("@") ? 2 : 1).join("/");
  return { name, subpath: [".", ...parts].join("/") };
}

/** The file of the repository that an import names; undefined for one outside of it, or one that is not exported. */
export function resolve(project: Project, source: Source, { specifier }: Import): string | undefined {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(source.path), specifier);
  const named = packageNamed(specifier);
  const owner = project.packages.find(({ manifest }) => manifest.name === named?.name);
  const target = named && owner?.manifest.exports?.[named.subpath];
  return owner && target && posix.join(owner.folder, target);
}

/** Whether a file is a test, or there for tests only. */
export const isForTests = (path: string): boolean =>
  /(\.test|\.fixture|-under-test)\.ts$|\/fixtures\/|^(shop|deploy)\/tests\//.test(path);

export const fault = (source: Source, line: number, what: string): Fault => `${source.path}:${line} ${what}`;
