import type { Instance } from "./instance.ts";
import { warmth } from "./warm-up.ts";

/**
 * The instance for the next attempt: of two that are drawn at random the one with less under way (Mitzenmacher, "The Power of Two
 * Choices", 2001). One that is still warming up is drawn less often. Undefined when there is none. `random` is in [0, 1).
 */
export function chooseInstance(usable: readonly Instance[], now: number, random: () => number): Instance | undefined {
  if (usable.length < 2) return usable[0];
  const one = draw(usable, now, random);
  const other = draw(usable, now, random);
  return other.inFlight < one.inFlight ? other : one;
}

/** Draws one; when that is still cold, maybe another in its place. */
function draw(usable: readonly Instance[], now: number, random: () => number): Instance {
  const first = usable[Math.floor(random() * usable.length)] as Instance;
  const share = warmth(first, now);
  if (share === 1 || random() < share) return first;
  return usable[Math.floor(random() * usable.length)] as Instance;
}
