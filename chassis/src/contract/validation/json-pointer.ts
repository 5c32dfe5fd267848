/** A name, or a place in a list, as one step of a JSON pointer (RFC 6901), cut at 64 characters. */
export function pointerStep(step: string | number): string {
  return `/${String(step).slice(0, 64).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
