import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** A file of a template: its path below the folder that it is made for, and its text. */
export type TemplateFile = { readonly path: string; readonly text: string };

/** The files of a template; each is changed by `change` before it is written. */
export function readTemplate(name: "system" | "service", change: (file: TemplateFile) => TemplateFile): TemplateFile[] {
  const folder = fileURLToPath(new URL(`../../../templates/${name}/`, import.meta.url));
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => change({ path: relative(folder, file).replaceAll("\\", "/"), text: readFileSync(file, "utf8") }));
}

export function writeFiles(folder: string, files: readonly TemplateFile[]): void {
  for (const { path, text } of files) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { flag: "wx" });
  }
}
