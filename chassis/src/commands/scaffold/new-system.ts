import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readTemplate, type TemplateFile, writeFiles } from "./copy-template.ts";

/**
 * Makes a system of two services in the new folder `name` in `folder`. Returns what to do next. Throws, in one line, when the name is no name
 * or taken.
 */
export function createSystem(folder: string, name: string): string[] {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name))
    throw new Error(`${name} can't be the name of a system: use up to 63 of a-z, 0-9 and -, a letter first`);
  const target = join(folder, name);
  if (existsSync(target)) throw new Error(`There is a ${name} here already: choose another name`);
  const files = readTemplate("system", (file) => named(file, name, target));
  writeFiles(target, files);
  return [`Made ${name}, a system of two services. Next:`, "", `  cd ${name}`, "  npm install", "  npm start"];
}

function named({ path, text }: TemplateFile, name: string, target: string): TemplateFile {
  // npm leaves files of that name out of what it packs, or takes them for its own.
  if (path === "_gitignore") return { path: ".gitignore", text };
  if (path === "README.md") return { path, text: text.replace("# system", `# ${name}`) };
  if (path === "gateway/service.ts") return { path, text: text.replace('"system"', `"${name}"`) };
  if (path !== "package.json") return { path, text };
  const manifest = JSON.parse(text);
  const dependencies = { ...manifest.dependencies, ...ourselves(target) };
  return { path, text: `${JSON.stringify({ ...manifest, name, dependencies }, null, 2)}\n` };
}

/** What a system depends on to get this very version: the file that we were installed from, or our version in the registry. */
function ourselves(target: string): Record<string, string> {
  const folder = fileURLToPath(new URL("../../../", import.meta.url));
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const modules = resolve(folder, ...name.split("/").map(() => ".."));
  const lock = join(modules, ".package-lock.json");
  if (basename(modules) !== "node_modules" || !existsSync(lock)) return { [name]: version };
  const { resolved } = JSON.parse(readFileSync(lock, "utf8")).packages[`node_modules/${name}`] ?? {};
  if (typeof resolved !== "string" || !resolved.startsWith("file:")) return { [name]: version };
  const file = resolve(dirname(modules), resolved.slice("file:".length));
  return { [name]: `file:${relative(target, file).replaceAll("\\", "/")}` };
}
