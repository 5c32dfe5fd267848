import type { Socket } from "node:net";
import { Readable } from "node:stream";
import type { Dial, Endpoint } from "../../../core/network/dial.ts";
import { type AnswerSink, answerReader } from "./answer-reader.ts";
import { atEndOfTurn } from "./end-of-turn.ts";
import { oddAnswer, UpstreamError } from "./upstream-error.ts";

/** The body of a request: whole (a text is sent as UTF-8), as a stream, or none. */
export type Body = Buffer | string | Readable | undefined;

/** Who asked: gets the answer, or an error (the stream's own when the body of the request failed). Nothing comes after either. */
export type Asker = AnswerSink & {
  onError(error: Error): void;
  /** The request no longer waits for a connection; it did for so many milliseconds, 0 when one was free or could be opened. */
  onWaited?(milliseconds: number): void;
};

/** A request that is ready to be sent; `head` lacks what frames the body, and the empty line. */
export type Message = { readonly method: string; readonly head: string; readonly body: Body; readonly asker: Asker };

/** A connection to a service. It carries one request at a time. */
export type Connection = {
  send(message: Message): void;
  /** Lets the answer to this request go on, if it is still under way. */
  resume(asker: Asker): void;
  /** Ends the connection if this request is still under way; the asker is not told. Returns whether the service may have got of it. */
  cancel(asker: Asker): boolean;
  /** Ends the connection; who still waits for an answer is not told. */
  drop(): void;
};

/** What the owner of a connection is told: it can be used again (for so many milliseconds), or it has ended. */
export type ConnectionOwner = { onIdle(keptFor: number | undefined): void; onClose(): void };

const CONNECT_TIMEOUT = 2_000;
const READ_SIZE = 16 * 1024;

/** Opens a connection. Requests may be sent at once; they fail as `unreachable` when it can't be made within 2 s. */
export function openConnection(endpoint: Endpoint, dial: Dial, owner: ConnectionOwner): Connection {
  const reader = answerReader();
  let asker: Asker | undefined;
  let sending: Readable | undefined;

  const { socket, fail } = openSocket(endpoint, dial, {
    onRead(bytes) {
      // Whatever comes unasked would be taken for the answer to the next request.
      if (!asker) throw oddAnswer("bytes that nobody asked for");
      const state = reader.read(bytes);
      if (state === "done") onDone();
      return state !== "paused";
    },
    onClose(error) {
      owner.onClose();
      const waiting = asker;
      asker = undefined;
      sending?.destroy();
      waiting?.onError(error);
    },
  });

  function onDone(): void {
    asker = undefined;
    const head = reader.head();
    // An answer before the end of the request: what is still to come of it would be read as the next one.
    if (sending || !head?.reusable || socket.destroyed) socket.destroy();
    else owner.onIdle(head.keptFor);
  }

  function drop(): void {
    asker = undefined;
    sending?.destroy();
    socket.destroy();
  }

  return {
    send(message) {
      asker = message.asker;
      reader.expect(message.method, asker);
      const { body } = message;
      if (body instanceof Readable) {
        sending = body;
        socket.write(`${message.head}transfer-encoding: chunked\r\n\r\n`, "latin1");
        sendChunks(socket, body, { onEnd: () => (sending = undefined), onError: fail });
      } else {
        atEndOfTurn(() => sendWhole(socket, message, body));
      }
    },
    resume(waiting) {
      if (waiting === asker) socket.resume();
    },
    cancel(waiting) {
      if (waiting !== asker) return true;
      const { connecting } = socket;
      drop();
      return !connecting;
    },
    drop,
  };
}

/** What happens on a socket. `onRead` says whether it may go on; the socket ends with what it throws. */
type SocketOwner = { onRead(bytes: Buffer): boolean; onClose(error: Error): void };

function openSocket(endpoint: Endpoint, dial: Dial, owner: SocketOwner): { socket: Socket; fail(error: Error): void } {
  let failure: Error | undefined;
  let connected = false;
  const fail = (error: Error): void => {
    failure ??= error;
    socket.destroy();
  };
  const callback = (size: number, buffer: Uint8Array): boolean => {
    try {
      return owner.onRead((buffer as Buffer).subarray(0, size));
    } catch (error) {
      fail(error as Error);
      return false;
    }
  };
  const socket = dial.open(endpoint, { buffer: Buffer.allocUnsafeSlow(READ_SIZE), callback });
  const timer = setTimeout(() => fail(new UpstreamError("unreachable", "no connection in time")), CONNECT_TIMEOUT);
  socket.once(dial.opened, () => {
    connected = true;
    clearTimeout(timer);
  });
  socket.on("error", (error) => {
    failure ??= new UpstreamError(connected ? "broken" : "unreachable", "the connection failed", error);
  });
  socket.once("end", () => socket.destroy());
  socket.once("close", () => {
    clearTimeout(timer);
    owner.onClose(failure ?? new UpstreamError("broken", "the connection ended before the answer did"));
  });
  return { socket, fail };
}

/** Sends a request whose body is there as a whole. */
function sendWhole(socket: Socket, { method, head }: Message, body: Buffer | string | undefined): void {
  if (body === undefined) {
    const framing = method === "GET" || method === "HEAD" ? "\r\n" : "content-length: 0\r\n\r\n";
    socket.write(head + framing, "latin1");
    return;
  }
  const length = Buffer.byteLength(body);
  const whole = `${head}content-length: ${length}\r\n\r\n`;
  // A text of ASCII alone is the same in both encodings.
  if (typeof body === "string" && length === body.length) {
    socket.write(whole + body, "latin1");
    return;
  }
  socket.cork();
  socket.write(whole, "latin1");
  socket.write(body);
  socket.uncork();
}

/** Sends a stream in chunks, at the pace of the connection. */
function sendChunks(socket: Socket, body: Readable, on: { onEnd(): void; onError(error: Error): void }): void {
  const onDrain = () => body.resume();
  body.on("data", (data: Buffer) => {
    socket.cork();
    socket.write(`${data.length.toString(16)}\r\n`, "latin1");
    socket.write(data);
    const flows = socket.write("\r\n", "latin1");
    socket.uncork();
    if (!flows) body.pause();
  });
  body.once("end", () => {
    on.onEnd();
    socket.write("0\r\n\r\n", "latin1");
  });
  body.once("error", on.onError);
  body.once("close", () => socket.off("drain", onDrain));
  socket.on("drain", onDrain);
}
