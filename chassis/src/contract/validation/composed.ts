/** Text up to U+02FF has one form only. */
const MAY_CHANGE = /[^\0-\u02ff]/;

/**
 * The value with all its texts in composed form (Unicode NFC), which may be longer: to be called before lengths are checked, and after long rows of
 * combining marks were refused. Changes lists and objects in place; nesting must be bounded.
 */
export function composed(value: unknown): unknown {
  if (typeof value === "string") return MAY_CHANGE.test(value) ? value.normalize("NFC") : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) for (let at = 0; at < value.length; at += 1) value[at] = composed(value[at]);
  else {
    const fields = value as Record<string, unknown>;
    for (const name in fields) fields[name] = composed(fields[name]);
  }
  return value;
}
