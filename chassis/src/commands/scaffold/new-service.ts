import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { readTemplate, type TemplateFile, writeFiles } from "./copy-template.ts";
import { findList, LIST_FILE } from "./read-list.ts";

const NAME = /^[a-z][a-z0-9_]{0,30}$/;
const LINE_WIDTH = 120;

/**
 * Adds a service to the system that `folder` is in: its folder, its contract, a test, and its name in the list. Returns what to do next.
 * Throws, in one line, when there is no system, or the name is no name or taken; then nothing was written.
 */
export function addService(folder: string, name: string): string[] {
  const list = findList(folder);
  if (!NAME.test(name))
    throw new Error(`${name} can't be the name of a service: use up to 31 of a-z, 0-9 and _, a letter first`);
  const text = readFileSync(list, "utf8");
  const extended = withService(text, name);
  const root = dirname(list);
  const taken = [`${name}`, `contracts/${name}.ts`].find((path) => existsSync(join(root, path)));
  if (taken !== undefined) throw new Error(`There is a ${taken} here already: choose another name`);
  if (isSpoken(name))
    throw new Error(`${name} is a word of the code that a new service begins with: choose another name`);
  writeFiles(
    root,
    readTemplate("service", (file) => named(file, name)),
  );
  writeFileSync(list, extended);
  const shown = (path: string) => relative(folder, join(root, path)).replaceAll("\\", "/");
  return [
    `Added ${name} to ${shown(LIST_FILE)}:`,
    `  ${shown(`contracts/${name}.ts`)}       what it answers and publishes`,
    `  ${shown(`${name}/service.ts`)}         how`,
    `  ${shown(`${name}/service.test.ts`)}    npm test -- ${shown(`${name}/service.test.ts`)}`,
    ...(root === folder ? [] : ["Then add it to the README's table, and run: npm run tool -- deploy-files"]),
  ];
}

const named = ({ path, text }: TemplateFile, name: string): TemplateFile => ({
  path: path.replaceAll("things", name),
  text: text.replaceAll("things", name),
});

/** Whether the name would be that of something else in the new files, or a word of the language. */
function isSpoken(name: string): boolean {
  const word = new RegExp(`\\b${name}\\b`);
  const files = readTemplate("service", (file) => ({ ...file, text: file.text.replaceAll("things", "") }));
  if (files.some(({ text }) => word.test(text))) return true;
  try {
    new Function(`"use strict"; const ${name} = 0;`);
    return false;
  } catch {
    return true;
  }
}

/** The list with one more name at its end. */
function withService(text: string, name: string): string {
  const found = /^( *)services: \[([^\]]*)\]/m.exec(text);
  if (!found) throw new Error(`${LIST_FILE} has no line \`services: [ … ]\` to add ${name} to: write one`);
  const [whole, indent = "", inside = ""] = found;
  const names = Array.from(inside.matchAll(/["']([^"']+)["']/g), ([, each]) => each);
  if (names.includes(name)) throw new Error(`There is a service named ${name} already: choose another name`);
  const all = [...names, name].map((each) => `"${each}"`);
  const line = `${indent}services: [${all.join(", ")}]`;
  const fits = !inside.includes("\n") && line.length < LINE_WIDTH;
  const lines = all.map((each) => `\n${indent}  ${each},`).join("");
  return text.replace(whole, fits ? line : `${indent}services: [${lines}\n${indent}]`);
}
