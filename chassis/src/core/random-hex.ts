import { randomBytes } from "node:crypto";

const DRAWN = 4_096;

let pool = "";
let used = 0;

/** Random bytes in hex. They are drawn many at a time: a few cost as much as thousands. */
export function randomHex(bytes: number): string {
  const begin = used;
  used += bytes * 2;
  if (used <= pool.length) return pool.slice(begin, used);
  pool = randomBytes(DRAWN).toString("hex");
  used = bytes * 2;
  return pool.slice(0, used);
}
