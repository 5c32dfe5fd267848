import { Agent, type Dispatcher } from "undici";
import type { OutgoingRequest } from "./build-request.ts";

/** What came back over HTTP, whatever it says. */
export type HttpAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
};

/** An answer, or why there is none and whether anything may have reached the other side. */
export type Exchange = { readonly answer: HttpAnswer } | { readonly error: unknown; readonly sent: boolean };

/** Sends requests and reads answers. Follows no redirect and tries nothing twice. */
export type Transport = {
  /** Never rejects. Ends at once when `signal` is aborted, with its reason as the error. */
  send(origin: string, request: OutgoingRequest, signal: AbortSignal): Promise<Exchange>;
  /** Resolves when the exchanges under way have ended; new ones fail. */
  close(): Promise<void>;
};

export type TransportLimits = {
  /** Connections to one instance. Default 50; more callers wait for one. */
  readonly connections?: number;
  /** The largest answer in bytes. Default 1 MiB. */
  readonly largestAnswer?: number;
};

/** Idle connections end here before the other side ends them: services keep theirs 30 seconds. */
const KEEP_ALIVE = 10_000;
const CONNECT_TIMEOUT = 1_000;

/** Makes the HTTP/1.1 transport with its pool of connections for each instance. */
export function createTransport({ connections = 50, largestAnswer = 2 ** 20 }: TransportLimits = {}): Transport {
  const agent = new Agent({
    connections,
    keepAliveTimeout: KEEP_ALIVE,
    keepAliveMaxTimeout: KEEP_ALIVE,
    connect: { timeout: CONNECT_TIMEOUT },
    maxResponseSize: largestAnswer,
    // The signal ends every exchange in time, the trickling ones as well.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  let closed: Promise<void> | undefined;
  return {
    send: (origin, request, signal) =>
      signal.aborted
        ? Promise.resolve({ error: signal.reason, sent: false })
        : new Promise((resolve) =>
            exchange(agent, { origin, ...request } as Dispatcher.DispatchOptions, signal, resolve),
          ),
    close() {
      closed ??= agent.close();
      return closed;
    },
  };
}

function exchange(
  agent: Agent,
  request: Dispatcher.DispatchOptions,
  signal: AbortSignal,
  resolve: (exchange: Exchange) => void,
): void {
  let connection: Dispatcher.DispatchController | undefined;
  let status = 0;
  let headers: HttpAnswer["headers"] = {};
  const chunks: Buffer[] = [];

  const end = (result: Exchange) => {
    signal.removeEventListener("abort", abort);
    resolve(result);
  };
  const abort = () => {
    end({ error: signal.reason, sent: connection !== undefined });
    connection?.abort(signal.reason);
  };
  signal.addEventListener("abort", abort, { once: true });

  agent.dispatch(request, {
    onRequestStart(controller) {
      // Aborted in the queue: throwing drops the request and, unlike aborting, spares the connection.
      if (signal.aborted) throw signal.reason;
      connection = controller;
    },
    onResponseStart(_controller, statusCode, head) {
      status = statusCode;
      headers = head;
    },
    onResponseData(_controller, chunk) {
      chunks.push(chunk);
    },
    onResponseEnd() {
      end({ answer: { status, headers, text: textOf(chunks) } });
    },
    onResponseError(_controller, error) {
      end({ error, sent: connection !== undefined });
    },
  });
}

const textOf = (chunks: readonly Buffer[]): string =>
  (chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString();
