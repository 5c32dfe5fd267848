import { eachImport } from "./import-direction.ts";
import { fault, isForTests, packageNamed, packageOf, type Rule, serviceOf } from "./project.ts";

/**
 * Other packages are entered by the subpaths they export, one's own by relative paths. What looks at the chassis from inside (tests, benchmarks,
 * the repository's own commands) names its files: they are exported to nobody.
 */
export const declaredSubpaths: Rule = (project) =>
  eachImport(project, (source, { specifier, line }, target) => {
    const own = packageOf(project, source.path);
    if (specifier.startsWith(".")) {
      const leaves = target === undefined || packageOf(project, target) !== own;
      return leaves && own.folder !== "" && !looksInside(source.path, target)
        ? fault(source, line, `${specifier} leaves the package`)
        : undefined;
    }
    const name = packageNamed(specifier)?.name;
    if (!project.packages.some(({ manifest }) => manifest.name === name)) return undefined;
    if (name === own.manifest.name && !isTemplate(source.path))
      return fault(source, line, `${specifier} is this package: import it relatively`);
    return target === undefined ? fault(source, line, `${specifier} is not exported`) : undefined;
  });

/** What is copied into systems of others, who have the chassis as a package. */
const isTemplate = (path: string): boolean => path.startsWith("chassis/templates/");

const looksInside = (path: string, target: string | undefined): boolean =>
  target?.startsWith("chassis/src/") === true && (isForTests(path) || path.startsWith("bench/"));

/** A service imports the chassis, the contracts and itself; the contracts import the chassis; the chassis none of them. */
export const servicesStayApart: Rule = (project) =>
  eachImport(project, (source, { specifier, line }, target) => {
    const { folder, manifest } = packageOf(project, source.path);
    const service = serviceOf(source.path);
    if (service !== undefined && specifier.startsWith(".")) {
      const stays = [service, "shop/contracts/"].some((within) => target?.startsWith(within));
      return stays || looksInside(source.path, target)
        ? undefined
        : fault(source, line, `${specifier} leaves the service`);
    }
    const name = packageNamed(specifier)?.name ?? "";
    const allowed = mayImport(folder);
    if (!name.startsWith("@flotilla/") || !allowed || allowed.includes(name) || name === manifest.name)
      return undefined;
    return fault(source, line, `${manifest.name} must not import ${name}`);
  });

function mayImport(folder: string): string[] | undefined {
  if (folder === "chassis/") return [];
  if (folder === "shop/contracts/") return ["@flotilla/chassis"];
  return undefined;
}

/** What a package exports is there, and is named one by one. */
export const exportsExist: Rule = (project) =>
  project.packages.flatMap(({ folder, manifest }) =>
    Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
      if (subpath.includes("*")) return [`${folder}package.json:1 exports ${subpath}: name each subpath`];
      const path = `${folder}${target.replace("./", "")}`;
      return project.files.has(path) ? [] : [`${folder}package.json:1 exports ${subpath}, but ${path} is not there`];
    }),
  );
