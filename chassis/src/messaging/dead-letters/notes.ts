import { legible } from "../../core/failure/thrown.ts";

/** Characters that are kept of what an operator writes. */
const LONGEST = 20_000;

/** What somebody did about a dead letter. */
export type Note = { readonly what: string; readonly [detail: string]: unknown };

/** A note as `jsonb` holds it, whatever it says: that knows no NUL and no half of a character. What a letter said before stays as its JSON. */
export function noteJson({ before, ...note }: Note): string {
  const texts = Object.entries(note).map(([name, value]) => [
    name,
    typeof value === "string" ? legible(value, LONGEST) : value,
  ]);
  return JSON.stringify({
    ...Object.fromEntries(texts),
    ...(before !== undefined && { beforeJson: JSON.stringify(before) }),
  });
}

/** A note as it was written down. */
export const readNote = ({ beforeJson, ...note }: Note): Note =>
  typeof beforeJson === "string" ? { ...note, before: JSON.parse(beforeJson) } : note;
