import type { Socket } from "node:net";
import { oddAnswer } from "../../client/transports/http/upstream-error.ts";
import { FrameKind, frameText, headOf } from "../../client/transports/multiplex/frame.ts";
import { frameReader, readFrames } from "../../client/transports/multiplex/frame-reader.ts";
import { frameWriter } from "../../client/transports/multiplex/frame-writer.ts";
import { tuneSocket } from "../../client/transports/multiplex/tune-socket.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Reply } from "../calls/reply.ts";
import type { AnswerRequest } from "./answer-request.ts";
import { underWay } from "./under-way.ts";

/** A multiplexed connection that a caller opened. */
export type ServedConnection = {
  /** Asks the caller to send nothing more; ends when it sends nothing and all is answered. */
  retire(): void;
};

/** Bytes of a request's body beyond which nothing of it is kept, and bytes of answers beyond which no request is read. */
const LARGEST_BODY = 1024 * 1024;
const MOST_UNREAD = 1024 * 1024;

/** Answers what comes over a connection, each request when it is ready. */
export function serveConnection(
  socket: Socket,
  answer: AnswerRequest,
  { log, onEnd }: { readonly log: Log; onEnd(): void },
): ServedConnection {
  const requests = underWay();
  let wasLast = false;
  const { send, isEmpty } = frameWriter(socket, (flows) => {
    // Who does not read its answers is read from no more.
    if (!flows && socket.writableLength > MOST_UNREAD) socket.pause();
    endWhenDone();
  });

  function endWhenDone(): void {
    if (!wasLast || requests.size() > 0 || !isEmpty() || socket.writableEnded) return;
    // Nothing drains any more, and its own end is still to be read.
    socket.resume();
    socket.end();
  }

  function begin(id: number, head: string, body: Buffer | undefined): void {
    if (wasLast) throw oddAnswer("a request behind the last");
    answer({ head, body, socket, cancellation: requests.begin(id) }, (reply) => {
      const frame = answerFrame(id, reply);
      const isAwaited = requests.end(id);
      if (isAwaited) send(frame);
      else endWhenDone();
      return isAwaited;
    });
  }

  const read = frameReader(LARGEST_BODY, {
    onFrame(kind, id, head, body) {
      if (kind === FrameKind.request) begin(id, head, body);
      else if (kind === FrameKind.cancel) requests.cancel(id, "the caller left");
      else if (kind === FrameKind.last) {
        wasLast = true;
        endWhenDone();
      } else throw oddAnswer("a frame that no caller sends");
    },
    onTooLarge: (_kind, id) => begin(id, "", undefined),
  });

  tuneSocket(socket);
  readFrames(socket, read, (error) => {
    log.warn({ err: error }, "a caller's connection is ended: what came over it can't be read");
    socket.destroy();
  });
  socket.on("drain", () => socket.resume());
  // A caller that means to leave says that it was its last frame; sockets of a server stay half open by themselves.
  socket.on("end", () => {
    if (!wasLast) socket.destroy();
  });
  socket.on("close", () => {
    requests.cancelAll("the connection ended");
    onEnd();
  });

  return {
    retire() {
      if (!socket.writableEnded) send(frameText(FrameKind.last, 0));
    },
  };
}

const answerFrame = (id: number, { status, headers, body }: Reply): string => {
  const lines = [String(status)];
  for (const name in headers) lines.push(name.toLowerCase(), headers[name] as string);
  return frameText(FrameKind.answer, id, headOf(lines), body as string | undefined);
};
