import { types } from "node:util";

const MOST_CHARACTERS = 2_000;

/**
 * What was thrown, as an error that can be looked at: anything can be thrown, and an error can throw when its fields are read. Returns
 * `thrown` itself when it is an ordinary error, else an error that describes it. Never throws.
 */
export function errorFrom(thrown: unknown): Error {
  try {
    if (types.isProxy(thrown)) return new Error("a proxy was thrown");
    if (!(thrown instanceof Error)) return new Error(`something that is no error was thrown: ${String(thrown)}`);
    if (isReadable(thrown)) return thrown;
  } catch {}
  return new Error("something that can't be described was thrown");
}

/** The fields that those who handle errors read. */
const fields = ["name", "message", "stack", "code", "cause", "errors"] as const;

function isReadable(error: Error): boolean {
  const [name, message, stack = ""] = fields.map((field) => (error as unknown as Record<string, unknown>)[field]);
  return [name, message, stack].every((text) => typeof text === "string");
}

/** An error as text for whoever looks for its cause: its stack, at most 2,000 characters that PostgreSQL takes. Never throws. */
export function describeError(thrown: unknown): string {
  const error = errorFrom(thrown);
  return legible(error.stack || `${error.name}: ${error.message}`);
}

/** The beginning of a text, at most 2,000 characters, without what PostgreSQL refuses: NUL and half surrogate pairs. */
export const legible = (text: string): string => text.replaceAll("\0", "").slice(0, MOST_CHARACTERS).toWellFormed();
