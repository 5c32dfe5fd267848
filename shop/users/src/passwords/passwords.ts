import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { type Bulkhead, bulkhead } from "./bulkhead.ts";
import type { Requester } from "./fair-lines.ts";

/** What hashing costs; `memory` in KiB. */
export type Cost = { memory: number; passes: number; parallelism: number };

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane. */
const COST: Cost = { memory: 19_456, passes: 2, parallelism: 1 };
const SALT_BYTES = 16;
const TAG_BYTES = 32;
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

const argon2Async = promisify(argon2);

/** Whether `hash` is of `password`. Without a hash: false, after the same work as with one. */
export type VerifyPassword = (password: string, hash: string | undefined) => Promise<boolean>;

/** What may be done with passwords in one turn. */
export type Hashing = {
  /** The password's hash with a new salt, as a PHC string. */
  hash(password: string): Promise<string>;
  readonly verify: VerifyPassword;
};

export type Passwords = {
  /** Does `work` when it is the requester's turn; the turn lasts until it is done. Throws `unavailable` when too much waits already. */
  inTurn<T>(by: Requester, work: (hashing: Hashing) => Promise<T>, signal?: AbortSignal): Promise<T>;
};

/**
 * Hashes passwords with argon2id, off the event loop. Hashing takes a core and 19 MiB each time, so few are done at once and few wait: more
 * are refused with `unavailable`, first of all those of requesters who have most waiting.
 */
export function createPasswords(
  admit: Bulkhead = bulkhead({ atOnce: 2, waiting: 64 }),
  derive: Derive = deriveOffLoop,
): Passwords {
  const hashing: Hashing = {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      return toPhc(COST, salt, await derive(password, salt, COST, TAG_BYTES));
    },
    async verify(password, hash = NOBODYS) {
      const { cost, salt, tag } = fromPhc(hash);
      const derived = await derive(password, salt, cost, tag.length);
      return timingSafeEqual(derived, tag) && hash !== NOBODYS;
    },
  };
  return { inTurn: (by, work, signal) => admit(by, () => work(hashing), signal) };
}

/** The work itself. */
export type Derive = (password: string, salt: Buffer, cost: Cost, tagLength: number) => Promise<Buffer>;

/** One password can be typed in several forms: NIST SP 800-63B asks for NFKC. */
export const deriveOffLoop: Derive = (password, salt, cost, tagLength) =>
  argon2Async("argon2id", { message: password.normalize("NFKC"), nonce: salt, tagLength, ...cost });

const toPhc = ({ memory, passes, parallelism }: Cost, salt: Buffer, tag: Buffer): string =>
  `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`;

const base64 = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "");

function fromPhc(phc: string): { cost: Cost; salt: Buffer; tag: Buffer } {
  const [, memory, passes, parallelism, salt, tag] = PHC.exec(phc) ?? [];
  if (!salt || !tag) throw new Error("a stored password hash is not an argon2id PHC string");
  return {
    cost: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt, "base64"),
    tag: Buffer.from(tag, "base64"),
  };
}

const NOBODYS = toPhc(COST, Buffer.alloc(SALT_BYTES), Buffer.alloc(TAG_BYTES));
