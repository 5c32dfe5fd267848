/** What a step returned, as it will be after it has been stored and read again. Throws when it can't be stored. */
export function storable(result: unknown): object | undefined {
  if (result === undefined || result === null) return undefined;
  const text = JSON.stringify(result) ?? "null";
  const stored: unknown = text.includes("\\u") ? JSON.parse(text, legible) : JSON.parse(text);
  if (typeof stored === "object" && stored !== null && !Array.isArray(stored)) return stored;
  throw new TypeError("a step must return an object of JSON, or nothing");
}

/** PostgreSQL takes neither NUL nor half a surrogate pair. */
function legible(name: string, value: unknown): unknown {
  const texts = typeof value === "string" ? [name, value] : [name];
  if (texts.every((text) => !text.includes("\0") && text.isWellFormed())) return value;
  throw new TypeError("a step must return no text that holds a NUL character or half a surrogate pair");
}
