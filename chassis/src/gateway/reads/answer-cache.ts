import { headerOf } from "../../client/transports/http/response-head.ts";
import type { WholeAnswer } from "../forwarding/collect.ts";

/** The next question to a service, and those who wait for its answer. */
export type Batch = { readonly answer: Promise<WholeAnswer>; start(): void };

/** What is known about the answer to one thing that is asked for. */
export type Entry = {
  kept: WholeAnswer | undefined;
  /** The tag of the answer that is kept. */
  etag: string | undefined;
  /** On the monotonic clock: until when the kept answer is good without asking. */
  freshUntil: number;
  /** The number of the question whose answer is kept, so that an older one never replaces it. */
  number: number;
  /** Questions to the service that are not answered yet. */
  underWay: number;
  next: Batch | undefined;
  size: number;
};

const DEFAULT_BYTES = 32 * 1024 * 1024;
/** What an entry costs besides its key and its answer, about. */
const OVERHEAD = 500;

/** Entries by key, with at most `most` bytes of answers; what was used longest ago makes room. */
export function answerCache(most = DEFAULT_BYTES) {
  const entries = new Map<string, Entry>();
  let size = 0;

  function setSize(entry: Entry, bytes: number): void {
    size += bytes - entry.size;
    entry.size = bytes;
  }

  function makeRoom(): void {
    for (const [key, entry] of entries) {
      if (size <= most) return;
      entries.delete(key);
      setSize(entry, 0);
      entry.kept = undefined;
      entry.etag = undefined;
    }
  }

  return {
    /** The entry of a key, a new one if there is none; it counts as used. */
    entryOf(key: string): Entry {
      const entry = entries.get(key) ?? newEntry();
      entries.delete(key);
      entries.set(key, entry);
      return entry;
    },
    /** Keeps an answer, or lets go of the one that was kept. */
    keep(key: string, entry: Entry, answer: WholeAnswer | undefined): void {
      // Somebody else may have begun anew since this one had to make room.
      if ((entries.get(key) ?? entry) !== entry) return;
      entry.kept = answer;
      entry.etag = answer && headerOf(answer.headers, "etag");
      if (answer) entries.set(key, entry);
      setSize(entry, answer ? OVERHEAD + key.length + sizeOf(answer) : 0);
      makeRoom();
    },
    /** Forgets an entry that holds nothing and that nobody waits for. */
    drop(key: string, entry: Entry): void {
      if (!entry.kept && entry.underWay === 0 && entries.get(key) === entry) entries.delete(key);
    },
    /** Nothing of this service is good without asking any more. */
    expire(service: string): void {
      for (const [key, entry] of entries) if (key.startsWith(`${service} `)) entry.freshUntil = 0;
    },
  };
}

const sizeOf = ({ headers, body }: WholeAnswer): number =>
  headers.reduce((size, text) => size + text.length, body.length);

const newEntry = (): Entry => ({
  kept: undefined,
  etag: undefined,
  freshUntil: 0,
  number: 0,
  underWay: 0,
  next: undefined,
  size: 0,
});
