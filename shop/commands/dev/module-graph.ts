import { existsSync, readFileSync } from "node:fs";
import { createRequire, findPackageJSON } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseSync } from "oxc-parser";

/** What a process is made of. A path that ends with a slash stands for everything in that folder. */
export type ModuleGraph = {
  /** What it runs or reads. */
  readonly runs: ReadonlySet<string>;
  /** What its types follow from: also what is imported for its types alone. */
  readonly types: ReadonlySet<string>;
};

/** What one module names. */
type Named = { readonly runs: readonly string[]; readonly types: readonly string[] };

/** Reads the graphs of modules; what has not been forgotten since is not read again. */
export type GraphReader = {
  /** The graph of what begins with `entries`, without what is only reached through `except`. */
  read(entries: readonly string[], except?: readonly string[]): ModuleGraph;
  forget(path: string): void;
};

/**
 * Makes a reader of module graphs. A graph has the modules that are imported, however, from the entry on, installed packages left out; the files
 * and folders that they name by `new URL("…", import.meta.url)`; and the `package.json` of each module.
 */
export function graphReader(): GraphReader {
  const known = new Map<string, Named>();
  const namedBy = (path: string): Named => {
    const named = known.get(path) ?? readModule(path);
    known.set(path, named);
    return named;
  };
  return {
    forget: (path) => void known.delete(path),
    read(entries, except = []) {
      const [runs, types] = [new Set<string>(except), new Set<string>(except)];
      for (const entry of entries) {
        collect(entry, runs, (named) => named.runs);
        collect(entry, types, (named) => [...named.runs, ...named.types]);
      }
      for (const path of except) for (const graph of [runs, types]) graph.delete(path);
      return { runs, types };
    },
  };

  function collect(path: string, into: Set<string>, next: (named: Named) => readonly string[]): void {
    if (into.has(path)) return;
    into.add(path);
    if (path.endsWith(".ts")) for (const named of next(namedBy(path))) collect(named, into, next);
  }
}

function readModule(path: string): Named {
  if (!existsSync(path)) return { runs: [], types: [] };
  const text = readFileSync(path, "utf8");
  const { module } = parseSync(path, text);
  const types: string[] = [];
  const runs = [findPackageJSON(pathToFileURL(path)), ...assets(path, text)];
  for (const { start, moduleRequest } of module.staticImports) {
    (/^import\s+type\b(?!\s*(,|from\b))/.test(text.slice(start, start + 40)) ? types : runs).push(moduleRequest.value);
  }
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, isType } of entries)
      if (moduleRequest) (isType ? types : runs).push(moduleRequest.value);
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^["'](.*)["']$/.exec(text.slice(moduleRequest.start, moduleRequest.end))?.[1];
    if (literal) runs.push(literal);
  }
  const resolved = (specifiers: readonly (string | undefined)[]) =>
    specifiers.flatMap((specifier) => (specifier === undefined ? [] : (resolve(path, specifier) ?? [])));
  return { runs: resolved(runs), types: resolved(types) };
}

/** What a module names by `new URL("…", import.meta.url)`; of a name that is put together, the folder that it begins with. */
function assets(path: string, text: string): string[] {
  const named = text.matchAll(/new URL\(\s*(?:"([^"]+)"|`([^`$]*)(\$?)[^`]*`)\s*,\s*import\.meta\.url/g);
  return Array.from(named, ([, whole, start = "", isPart]) => {
    const relative = whole ?? (isPart ? start.slice(0, start.lastIndexOf("/") + 1) : start);
    return fileURLToPath(new URL(relative, pathToFileURL(path)));
  });
}

/** The file that a specifier names; undefined for what is installed or part of Node.js. */
function resolve(from: string, specifier: string): string | undefined {
  if (specifier.startsWith("/")) return specifier;
  if (specifier.startsWith(".")) return join(dirname(from), specifier);
  if (specifier.startsWith("node:")) return undefined;
  try {
    const path = createRequire(from).resolve(specifier);
    return path.includes("/node_modules/") || !path.startsWith("/") ? undefined : path;
  } catch {
    return undefined;
  }
}
