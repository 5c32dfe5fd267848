import { randomHex } from "./random-hex.ts";

const COUNTER = 2 ** 26;

let time = 0;
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
    counter = Number.parseInt(randomHex(4), 16) % (COUNTER / 2);
  }
  const milliseconds = hex(time, 12);
  const version = hex(counter >>> 14, 3);
  const variant = (0x8000 | (counter & 0x3fff)).toString(16);
  return `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-7${version}-${variant}-${randomHex(6)}`;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
