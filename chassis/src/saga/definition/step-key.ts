import { createHash } from "node:crypto";
import type { SagaInstance } from "../store/saga-instance.ts";

const LONGEST = 200;

/** Keys and names that can be read in a step's key, and told apart there: it writes spaces of names as dashes. */
const plainKey = /^[A-Za-z0-9._-]*$/;
const plainName = /^[A-Za-z0-9._ ]*$/;

/**
 * The idempotency key of a step: the same at each attempt and for its undoing, another for each step of each instance. Fits into
 * an HTTP header: at most 200 characters of `A-Z a-z 0-9 . _ : -`.
 */
export function stepKey(instance: Pick<SagaInstance, "name" | "key" | "keyFormat">, step: string): string {
  const { key, name, keyFormat } = instance;
  const joined = `${key}:${name}:${step}`;
  const spaced = joined.replaceAll(" ", "-");
  const safe = spaced.replaceAll(/[^A-Za-z0-9._:-]/g, "_");
  const isPlain = plainKey.test(key) && plainName.test(name) && plainName.test(step);
  if ((keyFormat === 1 ? safe === spaced : isPlain) && safe.length <= LONGEST) return safe;
  // What is cut off, replaced or joined still has to tell keys apart.
  const [exact, separator] = keyFormat === 1 ? [joined, ":"] : [JSON.stringify([key, name, step]), "::"];
  const hash = createHash("sha256").update(exact).digest("base64url");
  return `${safe.slice(0, LONGEST - hash.length - separator.length)}${separator}${hash}`;
}
