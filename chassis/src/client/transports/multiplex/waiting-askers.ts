import type { Readable } from "node:stream";
import type { Asker, Body } from "../http/connection.ts";
import { UpstreamError } from "../http/upstream-error.ts";
import { type WaitingLine, waitingLine } from "../http/waiting-line.ts";
import { readAnswerHead } from "./read-answer-head.ts";
import { sentRequests } from "./sent-requests.ts";
import { MOST_SLOTS } from "./slots.ts";

/** A request that is ready to be sent, and who asked. From when it is it has a number. */
export type Ready = {
  readonly head: string;
  readonly body: Exclude<Body, Readable>;
  readonly asker: Asker;
  /** It waits for what others do, and takes the place of none. */
  readonly idle?: boolean;
  readonly caller?: string | undefined;
  id: number | undefined;
  /** When it was sent, on the monotonic clock; 0: it was not. */
  sentAt: number;
};

/** Who waits on a connection: for an answer, or in line until one of those who do has got it. */
export type WaitingAskers = {
  join(ready: Ready): void;
  /** Whoever asked waits no more. Returns whether they still waited for the answer to what was sent. */
  leave(ready: Ready): boolean;
  /** Gives an answer to whom it is for, if they still wait; one that can't be read fails, and nothing else. */
  answer(id: number, head: string, body: Buffer): void;
  fail(id: number, error: Error): void;
  /** Sends those that stand in line, more than may be under way otherwise; what does not fit fails as `unreachable`. */
  hurry(): void;
  /** Those that stand in line fail as `unreachable`. */
  failLine(): void;
  /** What was sent fails with the error, and what was not as `unreachable`. */
  failAll(error: Error): void;
  /** How many requests were sent and are not answered. */
  size(): number;
  /** When an answer came last, on the monotonic clock; 0: none did. */
  heardAt(): number;
};

export type WaitingOptions = {
  /** Who is at the other end. */
  readonly service: string;
  /** How many requests may be under way; what comes beyond waits in line. */
  readonly most: number;
  /** Milliseconds to wait in line, and then fail as `busy`. Default: as long as it takes. */
  readonly patience?: number | undefined;
};

/** Makes it; `send` is given what is to be sent. */
export function waitingAskers(options: WaitingOptions, send: (ready: Ready, id: number) => void): WaitingAskers {
  const { service, most, patience } = options;
  const waiting = sentRequests<Ready>(most);
  const line = waitingLine<Ready>(patience);
  let heardAt = 0;

  function begin(ready: Ready): void {
    const id = waiting.add(ready);
    ready.id = id;
    ready.sentAt = performance.now();
    send(ready, id);
  }

  function take(id: number): Asker | undefined {
    const taken = waiting.take(id);
    const next = taken && waiting.hasRoom() ? line.next() : undefined;
    if (next) begin(next);
    return taken?.asker;
  }

  /** Undefined: nobody waits for it any more. */
  function hear(id: number): Asker | undefined {
    heardAt = performance.now();
    return take(id);
  }

  const failLine = (): void => failUnsent(line);

  return {
    join(ready) {
      if (!waiting.hasRoomFor(ready)) {
        line.join(ready);
        return;
      }
      begin(ready);
      ready.asker.onWaited?.(0);
    },
    leave(ready) {
      if (ready.id !== undefined) return take(ready.id) !== undefined;
      line.leave(ready);
      return false;
    },
    answer(id, head, body) {
      const asker = hear(id);
      // Neither such an answer nor what somebody makes of theirs is the fault of the others on the connection.
      try {
        asker?.onHead(readAnswerHead(head, body.length, service), body.toString("latin1"));
        asker?.onEnd();
      } catch (error) {
        asker?.onError(error as Error);
      }
    },
    fail: (id, error) => hear(id)?.onError(error),
    hurry() {
      while (waiting.size() < MOST_SLOTS) {
        const next = line.next();
        if (!next) return;
        begin(next);
      }
      failLine();
    },
    failLine,
    failAll(error) {
      for (const { asker } of waiting.takeAll()) asker.onError(error);
      failLine();
    },
    size: waiting.size,
    heardAt: () => heardAt,
  };
}

function failUnsent(line: WaitingLine<Ready>): void {
  const unsent = new UpstreamError("unreachable", "the connection ended before the request was sent");
  for (let next = line.next(); next; next = line.next()) next.asker.onError(unsent);
}
