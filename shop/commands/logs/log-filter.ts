import type { LogLine } from "./read-logs.ts";

/** From the least to the worst. */
export const levels: readonly string[] = ["trace", "debug", "info", "warn", "error", "fatal"];

/** The level of a line; what is not JSON counts as an error, as what nothing caught is. */
export const levelOf = ({ text }: LogLine): string => /^\{"level":"(\w+)"/.exec(text)?.[1] ?? "error";

/**
 * Which lines have what the words say: `services` by their names (of several, any), a level (or a worse one), and ids, each of which must be
 * a value in the line.
 */
export function logFilter(words: readonly string[], services: ReadonlySet<string>): (line: LogLine) => boolean {
  const from = words.filter((word) => services.has(word));
  const least = Math.max(...words.map((word) => levels.indexOf(word)));
  const ids = words.filter((word) => !services.has(word) && !levels.includes(word));
  return (line) =>
    (from.length === 0 || from.includes(line.service)) &&
    levels.indexOf(levelOf(line)) >= least &&
    ids.every((id) => line.text.includes(JSON.stringify(id)));
}
