/** What a step returned, as it will be after it has been stored and read again. Throws when it can't be stored. */
export function storable(result: unknown): object | undefined {
  if (result === undefined || result === null) return undefined;
  const text = JSON.stringify(result) ?? "null";
  if (text.includes("\\u0000")) throw new TypeError("a step must return no text that holds a NUL character");
  const stored: unknown = JSON.parse(text);
  if (typeof stored === "object" && stored !== null && !Array.isArray(stored)) return stored;
  throw new TypeError("a step must return an object of JSON, or nothing");
}
