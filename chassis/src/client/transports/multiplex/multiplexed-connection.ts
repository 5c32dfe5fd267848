import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { answerTooLarge } from "../../answers/exchange.ts";
import { FAIR_TIME } from "../../attempt-outcome.ts";
import type { Asker } from "../http/connection.ts";
import type { Asking, Way } from "../http/connection-pool.ts";
import type { UpstreamRequest } from "../http/request-head.ts";
import { oddAnswer, UpstreamError } from "../http/upstream-error.ts";
import { FrameKind, frameText, headOf } from "./frame.ts";
import { frameReader, readFrames } from "./frame-reader.ts";
import { frameWriter } from "./frame-writer.ts";
import { type Ready, type WaitingAskers, type WaitingOptions, waitingAskers } from "./waiting-askers.ts";

/** A connection to one instance of a service that carries many requests at a time, and their answers in whatever order they are ready. */
export type MultiplexedConnection = Way & {
  /**
   * Sends a request, together with what else is asked in this turn; the answer comes as a whole. Throws a TypeError for what can't be
   * sent, a stream among them.
   */
  ask(request: UpstreamRequest, asker: Asker): Asking;
  /** Takes no more requests, and ends when those under way have. */
  retire(): void;
  /** Whether an answer ever came. */
  hasAnswered(): boolean;
  /** Whether nothing was asked for so many milliseconds and nothing is under way. */
  isIdle(milliseconds: number): boolean;
};

export type ConnectionOptions = WaitingOptions & {
  readonly largestAnswer: number;
  /** It must not be given any more requests. */
  onRetired(): void;
};

/** Milliseconds until a connection ends whose other side does not answer to its end. */
const FAREWELL = 5_000;

/** Makes a connection of a socket that has just become a multiplexed one. */
export function multiplexedConnection(socket: Socket, options: ConnectionOptions): MultiplexedConnection {
  const { largestAnswer, onRetired } = options;
  const { send, isEmpty } = frameWriter(socket, endWhenDone);
  const waiting = waitingAskers(options, ({ head, body }, id) => send(frameText(FrameKind.request, id, head, body)));
  let askedAt = performance.now();
  let retired = false;

  function endWhenDone(): void {
    if (!retired || waiting.size() > 0 || !isEmpty() || socket.writableEnded) return;
    socket.end();
    setTimeout(() => socket.destroy(), FAREWELL).unref();
  }

  function takeNoMore(): void {
    if (!retired) onRetired();
    retired = true;
  }

  function retire(endLine = waiting.hurry): void {
    if (retired) return;
    takeNoMore();
    endLine();
    send(frameText(FrameKind.last, 0));
  }

  function breakOff(error: Error): void {
    takeNoMore();
    socket.destroy();
    waiting.failAll(error);
  }

  const read = frameReader(largestAnswer, {
    onFrame(kind, id, head, body) {
      if (kind === FrameKind.last) retire();
      else if (kind === FrameKind.answer) waiting.answer(id, head, body);
      else throw oddAnswer("a frame that nobody asked for");
    },
    onTooLarge: (_kind, id) => waiting.fail(id, answerTooLarge),
  });
  const readOn = (bytes: Buffer): void => {
    read(bytes);
    endWhenDone();
  };
  watch(socket, readOn, breakOff);

  return {
    ask({ method, path, headers, body, caller, idle = false }, asker) {
      if (body instanceof Readable) throw new TypeError("a stream is no part of a frame");
      const head = headOf([method, path, ...headers]);
      askedAt = performance.now();
      const ready: Ready = { head, body, asker, idle, caller, id: undefined, sentAt: 0 };
      waiting.join(ready);
      return askingFor(ready, waiting, {
        onCancel: (id) => send(frameText(FrameKind.cancel, id)),
        onLost: () => retire(waiting.failLine),
      });
    },
    retire: () => retire(),
    hasAnswered: () => waiting.heardAt() > 0,
    isIdle: (milliseconds) => waiting.size() === 0 && performance.now() - askedAt >= milliseconds,
  };
}

function askingFor(
  ready: Ready,
  waiting: WaitingAskers,
  on: { onCancel(id: number): void /** The connection has lost its way. */; onLost(): void },
): Asking {
  /** Returns whether it was sent. */
  const cancel = (): boolean => {
    if (waiting.leave(ready)) on.onCancel(ready.id as number);
    return ready.id !== undefined;
  };
  return {
    cancel,
    giveUp() {
      const { sentAt } = ready;
      // No answer at all came in that time. Told first: what is given up makes room for the next in line.
      if (waiting.heardAt() < sentAt && performance.now() - sentAt >= FAIR_TIME) on.onLost();
      return cancel();
    },
    resume() {},
  };
}

function watch(socket: Socket, read: (bytes: Buffer) => void, breakOff: (error: Error) => void): void {
  readFrames(socket, read, breakOff);
  socket.on("error", (error) => breakOff(new UpstreamError("broken", "the connection failed", error)));
  socket.on("close", () => breakOff(new UpstreamError("broken", "the connection ended before the answer came")));
}
