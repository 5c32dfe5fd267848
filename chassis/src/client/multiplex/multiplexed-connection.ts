import type { Socket } from "node:net";
import { SERVICE_HEADER } from "../answers-as.ts";
import { FAIR_TIME } from "../attempt-outcome.ts";
import type { OutgoingRequest } from "../build-request.ts";
import { answerTooLarge, type Exchange, type HttpAnswer } from "../exchange.ts";
import { oddAnswer, UpstreamError } from "../http/upstream-error.ts";
import { FrameKind, frameText, headOf, linesOf } from "./frame.ts";
import { frameReader, readFrames } from "./frame-reader.ts";
import { frameWriter } from "./frame-writer.ts";
import { slots } from "./slots.ts";

/** A request under way. */
export type Asked = {
  /** Nobody waits for the answer any more; the service is told. */
  cancel(): void;
  /** Whether no answer at all has come over the connection since it was asked, although there was time for it. */
  isSilent(): boolean;
};

/** A connection to one instance of a service that carries many requests at a time, and their answers in whatever order they are ready. */
export type MultiplexedConnection = {
  /** Sends a request, together with what else is asked in this turn. Throws a TypeError for what can't be sent. */
  ask(request: OutgoingRequest, onEnd: (exchange: Exchange) => void): Asked;
  /** Takes no more requests, and ends when those under way have. */
  retire(): void;
  /** Whether an answer ever came. */
  hasAnswered(): boolean;
  /** Whether nothing was asked for so many milliseconds and nothing is under way. */
  isIdle(milliseconds: number): boolean;
};

export type ConnectionOptions = {
  /** Who is at the other end. */
  readonly service: string;
  readonly largestAnswer: number;
  /** It must not be given any more requests. */
  onRetired(): void;
};

/** Milliseconds until a connection ends whose other side does not answer to its end. */
const FAREWELL = 5_000;

/** Makes a connection of a socket that has just become a multiplexed one. */
export function multiplexedConnection(socket: Socket, options: ConnectionOptions): MultiplexedConnection {
  const { service, largestAnswer, onRetired } = options;
  const waiting = slots<(exchange: Exchange) => void>();
  let askedAt = performance.now();
  /** When an answer came last; 0: none did. */
  let heardAt = 0;
  let retired = false;
  const { send, isEmpty } = frameWriter(socket, endWhenDone);

  function endWhenDone(): void {
    if (!retired || waiting.size() > 0 || !isEmpty() || socket.writableEnded) return;
    socket.end();
    setTimeout(() => socket.destroy(), FAREWELL).unref();
  }

  function retire(): void {
    if (retired) return;
    retired = true;
    onRetired();
    send(frameText(FrameKind.last, 0));
  }

  function end(id: number, exchange: Exchange): void {
    heardAt = performance.now();
    // Undefined: nobody waits for it any more.
    waiting.take(id)?.(exchange);
    endWhenDone();
  }

  function breakOff(error: unknown): void {
    if (!retired) onRetired();
    retired = true;
    socket.destroy();
    for (const onEnd of waiting.takeAll()) onEnd({ error, sent: true });
  }

  const read = frameReader(largestAnswer, {
    onFrame(kind, id, head, body) {
      if (kind === FrameKind.last) retire();
      else if (kind === FrameKind.answer) end(id, { answer: readAnswer(head, body, service) });
      else throw oddAnswer("a frame that nobody asked for");
    },
    onTooLarge: (_kind, id) => end(id, { error: answerTooLarge, sent: true }),
  });
  readFrames(socket, read, breakOff);
  socket.on("error", (error) => breakOff(new UpstreamError("broken", "the connection failed", error)));
  socket.on("close", () => breakOff(new UpstreamError("broken", "the connection ended before the answer came")));

  return {
    ask(request, onEnd) {
      const head = headOf([request.method, request.path, ...request.headers]);
      const asked = performance.now();
      askedAt = asked;
      const id = waiting.add(onEnd);
      send(frameText(FrameKind.request, id, head, request.body));
      return {
        cancel() {
          if (waiting.take(id)) send(frameText(FrameKind.cancel, id));
        },
        isSilent: () => heardAt < asked && performance.now() - asked >= FAIR_TIME,
      };
    },
    retire,
    hasAnswered: () => heardAt > 0,
    isIdle: (milliseconds) => waiting.size() === 0 && performance.now() - askedAt >= milliseconds,
  };
}

const STATUS = /^[2-5]\d\d$/;

function readAnswer(head: string, body: Buffer, service: string): HttpAnswer {
  const [status = "", ...headers] = linesOf(head);
  if (!STATUS.test(status) || headers.length % 2 === 1) throw oddAnswer("a head that is none");
  // Who is at the other end was told once, for all answers.
  headers.push(SERVICE_HEADER, service);
  return { status: Number(status), headers, text: body.toString() };
}
