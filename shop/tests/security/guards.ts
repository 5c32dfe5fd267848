import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A guard, what takes its place when it is taken away, and the test that has to notice. */
export type Guard = Record<"row" | "guard" | "file" | "find" | "replace" | "test" | "title", string>;

/** The folder that the paths in the table begin at. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The guards of docs/reference/guards.md. Throws for a row that can't be read. */
export function readGuards(): Guard[] {
  const lines = readFileSync(`${root}docs/reference/guards.md`, "utf8").split("\n");
  return lines.filter((line) => /^\| (?!row \|)/.test(line)).map(readRow);
}

function readRow(line: string): Guard {
  const [row, guard, file, without = "", seenBy = ""] = line.slice(2, -2).split(" | ") as [string, string, string];
  const [, find, replace] = /^`(.+)` → `(.*)`$/.exec(without) ?? [];
  const [, test, title] = /^(\S+\.test\.ts): (.+)$/.exec(seenBy) ?? [];
  assert.ok(find !== undefined && replace !== undefined && test !== undefined && title !== undefined, line);
  return { row, guard, file, find: plain(find), replace: plain(replace), test, title };
}

const plain = (text: string): string => text.replaceAll("\\|", "|").replaceAll("⏎", "\n");
