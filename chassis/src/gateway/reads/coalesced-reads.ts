import { headerOf } from "../../client/transports/http/response-head.ts";
import type { WholeAnswer } from "../forwarding/collect.ts";
import { answerCache, type Batch, type Entry } from "./answer-cache.ts";

/** Asks the service; `etag` is that of the answer which is kept, so that the service may say that it is still good. */
export type AskService = (etag: string | undefined) => Promise<WholeAnswer>;

/** Answers that many readers share. */
export type CoalescedReads = {
  /**
   * The answer to what `key` stands for: one that is kept and less than `seconds` old, else one to a question that was asked after
   * this call. Those who come while a question is under way share the next one.
   */
  read(key: string, seconds: number, ask: AskService): Promise<WholeAnswer>;
  /** Whatever of this service is kept may have changed: nothing of it is good without asking again. */
  changed(service: string): void;
};

/** Longer than this nobody waits for somebody else's question before there is one of their own. */
const PATIENCE = 100;

/** Keeps at most `most` bytes of answers; those that were read longest ago make room. Keys begin with the service and a blank. */
export function coalescedReads(most?: number): CoalescedReads {
  const entries = answerCache(most);
  const changes = new Map<string, number>();
  let questions = 0;

  async function question(key: string, entry: Entry, seconds: number, ask: AskService): Promise<WholeAnswer> {
    const number = ++questions;
    const before = changes.get(serviceOf(key));
    const known = entry.kept;
    entry.underWay += 1;
    try {
      const asked = await ask(entry.etag);
      const answer = asked.status === 304 && known ? known : asked;
      if (number > entry.number) {
        entry.number = number;
        entries.keep(key, entry, isKept(answer, seconds) ? answer : undefined);
        const unchanged = changes.get(serviceOf(key)) === before;
        entry.freshUntil = seconds > 0 && unchanged ? performance.now() + seconds * 1_000 : 0;
      }
      return answer;
    } finally {
      entry.underWay -= 1;
      if (entry.next) entry.next.start();
      else entries.drop(key, entry);
    }
  }

  return {
    read(key, seconds, ask) {
      const entry = entries.entryOf(key);
      if (entry.kept && entry.freshUntil > performance.now()) return Promise.resolve(entry.kept);
      if (entry.underWay === 0) return question(key, entry, seconds, ask);
      return entry.next?.answer ?? nextBatch(entry, () => question(key, entry, seconds, ask));
    },
    changed(service) {
      changes.set(service, (changes.get(service) ?? 0) + 1);
      entries.expire(service);
    },
  };
}

/** Those who came while a question was under way: theirs is asked as soon as that one is answered, or patience is over. */
function nextBatch(entry: Entry, ask: () => Promise<WholeAnswer>): Promise<WholeAnswer> {
  const { promise, resolve } = Promise.withResolvers<WholeAnswer>();
  const batch: Batch = {
    answer: promise,
    start() {
      if (entry.next !== batch) return;
      entry.next = undefined;
      clearTimeout(timer);
      resolve(ask());
    },
  };
  const timer = setTimeout(batch.start, PATIENCE);
  entry.next = batch;
  return promise;
}

const serviceOf = (key: string): string => key.slice(0, key.indexOf(" "));

/** Whether an answer may be given to others later, and whether there is anything to gain from it. */
function isKept({ status, headers }: WholeAnswer, seconds: number): boolean {
  if (status !== 200 || headerOf(headers, "set-cookie") !== undefined) return false;
  if (/\b(?:no-store|private)\b/i.test(headerOf(headers, "cache-control") ?? "")) return false;
  return seconds > 0 || headerOf(headers, "etag") !== undefined;
}
