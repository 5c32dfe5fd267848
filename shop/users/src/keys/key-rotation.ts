const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A key signs for this long before the next one is made. */
const SUCCESSION = 30 * DAY;
/** A new key is shown this long before it signs, so that everybody has loaded it by then. */
const LEAD = 10 * MINUTE;
/** An old key is shown this long after its successor was made: {@link LEAD}, the 15 minutes of its last token, and some more. */
const FAREWELL = 60 * MINUTE;

/** What rotation needs to know of a key. All functions here take keys oldest first, and at least one. */
export type Dated = { readonly createdAt: Date };

/** Whether the next key is due (or the first). */
export const isSuccessorDue = (keys: readonly Dated[], now: Date): boolean => age(keys.at(-1), now) >= SUCCESSION;

/** The key that signs: the newest that has been shown for long enough, or the oldest when there is none such. */
export function signingKeyOf<Key extends Dated>(keys: readonly Key[], now: Date): Key {
  const key = keys.findLast((candidate) => age(candidate, now) >= LEAD) ?? keys[0];
  if (!key) throw new Error("there is no signing key");
  return key;
}

/** The keys whose tokens may still be good: all but those whose successor is old enough. */
export const keysToShow = <Key extends Dated>(keys: readonly Key[], now: Date): Key[] =>
  keys.filter((_, index) => index === keys.length - 1 || age(keys[index + 1], now) < FAREWELL);

const age = (key: Dated | undefined, now: Date): number =>
  key ? now.getTime() - key.createdAt.getTime() : Number.POSITIVE_INFINITY;
