import { randomHex } from "./random-hex.ts";

const COUNTER = 2 ** 26;

let time = 0;
/** The time as it stands in ids: it is the same in all of a millisecond. */
let milliseconds = "";
let counter = 0;

/**
 * A new id: a UUID version 7 (RFC 9562). Ids made by one process sort in the order they were made: behind the milliseconds comes a
 * counter of 26 bits that begins at random in each (section 6.2, method 1), then 48 random bits.
 */
export function newId(): string {
  const now = Date.now();
  counter += 1;
  if (now > time || counter === COUNTER) {
    time = Math.max(now, time + 1);
    const hex = time.toString(16).padStart(12, "0");
    milliseconds = `${hex.slice(0, 8)}-${hex.slice(8)}`;
    counter = Number.parseInt(randomHex(4), 16) % (COUNTER / 2);
  }
  const version = (0x7000 | (counter >>> 14)).toString(16);
  const variant = (0x8000 | (counter & 0x3fff)).toString(16);
  return `${milliseconds}-${version}-${variant}-${randomHex(6)}`;
}
