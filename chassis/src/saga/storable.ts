/** What a step returned, as it will be after it has been stored and read again. Throws when it can't be stored. */
export function storable(result: unknown): object {
  if (result === undefined || result === null) return {};
  const stored: unknown = JSON.parse(JSON.stringify(result) ?? "null");
  if (typeof stored === "object" && stored !== null && !Array.isArray(stored)) return stored;
  throw new TypeError("a step must return an object of JSON, or nothing");
}
