import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DeclaredModule, type Reference, readDeclarations } from "./rules/declared-module.ts";

/** What the package promises, as it was last written down. */
export const reportFile: URL = new URL("../docs/reference/chassis-api.txt", import.meta.url);

const root = fileURLToPath(new URL("..", import.meta.url));

/** Everything that the chassis exports with its types, entry point by entry point, and the types that these name. */
export const currentApi = (): string => reportOf(compiledDeclarations());

/** The declarations that the compiler makes of the sources that are packed, by their paths. */
function compiledDeclarations(): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-api-"));
  try {
    const options = ["--emitDeclarationOnly", "--sourceMap", "false", "--inlineSources", "false", "--outDir", folder];
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    execFileSync(process.execPath, [tsc, "-p", join(root, "chassis/tsconfig.pack.json"), ...options]);
    const paths = globSync("**/*.d.ts", { cwd: folder }).map((path) => path.replaceAll("\\", "/"));
    return new Map(paths.sort().map((path) => [path, readFileSync(join(folder, path), "utf8")]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The report on declaration files by their paths: those in no folder are entry points. */
export function reportOf(files: ReadonlyMap<string, string>): string {
  const modules = new Map(Array.from(files, ([path, text]) => [path, readDeclarations(path, text)]));
  const entries = [...modules].filter(([path]) => !path.includes("/"));
  const written = new Map<string, string>();
  const waiting: Reference[] = [];
  const sections = entries.map(([path, { exports }]) => {
    const names = [...exports.keys()].sort();
    const lines = names.map((name) => {
      const found = resolve(modules, { module: path, name });
      waiting.push(found);
      return modules.has(found.module)
        ? `${name}: ${found.module}`.replace(/\.d\.ts$/, found.name === name ? "" : ` ${found.name}`)
        : `${name}: ${found.name} of ${found.module}`;
    });
    return [`@flotilla/chassis/${path.replace(".d.ts", "")}`, ...lines.map((line) => `  ${line}`)].join("\n");
  });
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const key = `${next.module.replace(".d.ts", "")} ${next.name}`;
    const module = modules.get(next.module);
    const declaration = module?.declarations.get(next.name);
    if (!module || !declaration || written.has(key)) continue;
    written.set(key, declaration.text);
    waiting.push(...mentioned(modules, next.module, module, declaration.mentions));
  }
  const declarations = [...written].sort(([a], [b]) => (a < b ? -1 : 1));
  return [...sections, ...declarations.map(([key, text]) => `${key}\n${indent(text)}`), ""].join("\n\n");
}

function mentioned(
  modules: ReadonlyMap<string, DeclaredModule>,
  path: string,
  { declarations, imports }: DeclaredModule,
  names: readonly string[],
): Reference[] {
  return [...new Set(names)].flatMap((name) => {
    if (declarations.has(name)) return [{ module: path, name }];
    const imported = imports.get(name);
    return imported ? [resolve(modules, imported)] : [];
  });
}

/** Where what a module exports is declared. */
function resolve(modules: ReadonlyMap<string, DeclaredModule>, reference: Reference): Reference {
  const module = modules.get(reference.module);
  const exported = module?.exports.get(reference.name);
  if (!module || exported === undefined) return reference;
  if (typeof exported !== "string") return resolve(modules, exported);
  const imported = module.imports.get(exported);
  return imported ? resolve(modules, imported) : { module: reference.module, name: exported };
}

const indent = (text: string): string => text.replaceAll(/^/gm, "  ");
