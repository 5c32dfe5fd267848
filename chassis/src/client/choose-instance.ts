/**
 * The instance that the next attempt goes to: any that was not tried yet, else any; undefined when none is known.
 * `random` is in [0, 1).
 */
export function chooseInstance(
  instances: readonly string[],
  tried: ReadonlySet<string>,
  random: () => number,
): string | undefined {
  const untried = tried.size === 0 ? instances : instances.filter((instance) => !tried.has(instance));
  const candidates = untried.length > 0 ? untried : instances;
  return candidates[Math.floor(random() * candidates.length)];
}
