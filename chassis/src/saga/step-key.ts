import { createHash } from "node:crypto";

const LONGEST = 200;

/**
 * The idempotency key of a step: the same at each attempt and for its undoing, another for each step of each instance. Fits into
 * an HTTP header: at most 200 characters of `A-Z a-z 0-9 . _ : -`.
 */
export function stepKey(instance: { name: string; key: string }, step: string): string {
  const exact = `${instance.key}:${instance.name}:${step}`;
  const spaced = exact.replaceAll(" ", "-");
  const safe = spaced.replaceAll(/[^A-Za-z0-9._:-]/g, "_");
  if (safe === spaced && safe.length <= LONGEST) return safe;
  // What was cut off or replaced still has to tell keys apart.
  const hash = createHash("sha256").update(exact).digest("base64url");
  return `${safe.slice(0, LONGEST - hash.length - 1)}:${hash}`;
}
