import type { Instance } from "./instance.ts";

/** Milliseconds in which an instance that is new, or back, gets from a tenth of its share to all of it. */
export const WARM_UP = 10_000;
const FIRST_SHARE = 0.1;

/** The share of its calls that an instance gets already, in (0, 1]: its caches and its compiled code have yet to come. */
export function warmth({ since }: Instance, now: number): number {
  const passed = (now - since) / WARM_UP;
  return passed >= 1 ? 1 : FIRST_SHARE + (1 - FIRST_SHARE) * Math.max(0, passed);
}
