type Versions = Readonly<Record<string, string>>;

/** The chassis's `package.json`, as far as packing changes it. */
export type ChassisManifest = {
  readonly bin: Versions;
  readonly exports: Versions;
  readonly [field: string]: unknown;
};

/** Where the sources are, and the compiled files. */
const source = /^\.\/src\/(.+)\.ts$/;

/**
 * The `package.json` of the package that others install: its entry points are compiled files with their types, what only this
 * repository needs is left out, and it brings the PostgreSQL and the Node.js that the repository itself runs on.
 */
export function packedManifest(manifest: ChassisManifest, repository: { optionalDependencies: Versions }): object {
  const { scripts: _, devDependencies: __, ...kept } = manifest;
  return {
    ...kept,
    bin: mapped(manifest.bin, (file) => compiled(file, "js")),
    exports: mapped(manifest.exports, (file) => ({ types: compiled(file, "d.ts"), default: compiled(file, "js") })),
    optionalDependencies: repository.optionalDependencies,
  };
}

const mapped = <T>(entries: Versions, map: (file: string) => T) =>
  Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, map(file)]));

function compiled(file: string, extension: "js" | "d.ts"): string {
  const [, path] = source.exec(file) ?? [];
  if (path === undefined) throw new Error(`${file} is no source of the chassis`);
  return `./dist/${path}.${extension}`;
}
