import { execFileSync } from "node:child_process";
import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

/**
 * Compiles the sources in `folder` that can be reached from the entry points to `dist`: JavaScript with source maps that hold the
 * sources, and declarations. Files that run beside them (migrations, pages) go with them.
 */
export function compile(folder: string): void {
  const dist = join(folder, "dist");
  rmSync(dist, { recursive: true, force: true });
  const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
  const tsc = join(typescript, "bin/tsc");
  execFileSync(process.execPath, [tsc, "--project", join(folder, "tsconfig.pack.json")], { stdio: "inherit" });
  for (const file of globSync("**/*", { cwd: dist })) {
    if (file.endsWith(".js")) rewrite(join(dist, file), namedFiles);
    if (file.endsWith(".d.ts")) rewrite(join(dist, file), typesOf);
  }
  copyAssets(join(folder, "src"), dist);
}

/** Copies all but sources, which are compiled, and documents about them, whose links lead to sources. */
export function copyAssets(source: string, dist: string): void {
  cpSync(source, dist, { recursive: true, filter: (path) => !/\.(ts|md)$/.test(path) });
}

function rewrite(path: string, change: (text: string, path: string) => string): void {
  writeFileSync(path, change(readFileSync(path, "utf8"), path));
}

/** The compiler changes what is imported, but not files that are named otherwise: those that other processes and threads run. */
const namedFiles = (text: string, path: string): string =>
  text.replaceAll(/new URL\("(\.[^"]+)\.ts", import\.meta\.url\)/g, (_, name: string) => {
    if (!existsSync(resolve(dirname(path), `${name}.js`)))
      throw new Error(`${path} names ${name}.ts, which tsconfig.pack.json leaves out`);
    return `new URL("${name}.js", import.meta.url)`;
  });

/** The compiler leaves the specifiers of declarations as they are. */
const typesOf = (text: string): string =>
  text.replaceAll(/((?:from|import\() ?"\.[^"]+)\.ts"/g, (_, specifier: string) => `${specifier}.js"`);
