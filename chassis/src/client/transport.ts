import type { Cancellation } from "../core/cancellation.ts";
import { deadlineExceeded, type Failure } from "../core/failure.ts";
import type { OutgoingRequest } from "./build-request.ts";
import { answerTooLarge, type Exchange } from "./exchange.ts";
import { addressOf } from "./http/address.ts";
import { type Asking, type ConnectionPool, connectionPool } from "./http/connection-pool.ts";
import { headerOf, type RawHeaders } from "./http/response-head.ts";
import { UpstreamError } from "./http/upstream-error.ts";
import { OFFER_HEADER, PROTOCOL } from "./multiplex/frame.ts";
import type { MultiplexedConnection } from "./multiplex/multiplexed-connection.ts";
import { createMultiplexer } from "./multiplex/multiplexer.ts";

/** Sends requests and reads answers. Follows no redirect and tries nothing twice. */
export type Transport = {
  /** Never rejects. Ends at once when it is cancelled, with the reason as the error. */
  send(origin: string, request: OutgoingRequest, cancellation: Cancellation): Promise<Exchange>;
  /** Resolves when the exchanges under way have ended; new ones fail. */
  close(): Promise<void>;
};

export type TransportLimits = {
  /** Connections to one instance. Default 50; more callers wait for one. */
  readonly connections?: number;
  /** The largest answer in bytes. Default 1 MiB. */
  readonly largestAnswer?: number;
};

/** Of a request that goes over a connection which others share: what is larger would hold them up. */
const LARGEST_SHARED = { path: 8 * 1024, body: 64 * 1024 };

/**
 * Makes the transport: HTTP/1.1 over a pool of connections for each instance, and to instances that offer it one multiplexed connection,
 * for all requests that are small and whole.
 */
export function createTransport({ connections = 50, largestAnswer = 2 ** 20 }: TransportLimits = {}): Transport {
  const pools = new Map<string, ConnectionPool>();
  const multiplexer = createMultiplexer(largestAnswer);
  const ended = Promise.withResolvers<void>();
  let underWay = 0;
  let closed = false;

  function poolOf(origin: string): ConnectionPool {
    const known = pools.get(origin);
    if (known) return known;
    const pool = connectionPool(addressOf(origin), connections, {
      onUnused() {
        pools.delete(origin);
        pool.close();
      },
    });
    pools.set(origin, pool);
    return pool;
  }

  function onEnd(): void {
    underWay -= 1;
    if (closed && underWay === 0) ended.resolve();
  }

  /** Ends an exchange over HTTP; the next one may go another way. */
  function noteOffer(origin: string, request: OutgoingRequest, end: OnEnd): OnEnd {
    return (exchange) => {
      end(exchange);
      if (!("answer" in exchange) || headerOf(exchange.answer.headers, OFFER_HEADER) !== PROTOCOL) return;
      const authorization = headerOf(request.headers, "authorization");
      if (authorization !== undefined) multiplexer.offered(origin, authorization);
    };
  }

  return {
    send(origin, request, cancellation) {
      const error = closed ? new Error("the client is closed") : cancellation.why;
      if (error) return Promise.resolve({ error, sent: false });
      return new Promise((resolve) => {
        const end = (exchange: Exchange): void => {
          onEnd();
          resolve(exchange);
        };
        underWay += 1;
        try {
          const shared = canShare(request) ? multiplexer.connectionTo(origin) : undefined;
          if (shared) exchangeShared(shared, request, { cancellation, end });
          else exchange(poolOf(origin), request, { cancellation, largestAnswer, end: noteOffer(origin, request, end) });
        } catch (error) {
          end({ error, sent: false });
        }
      });
    },
    close() {
      closed = true;
      for (const pool of pools.values()) pool.close();
      multiplexer.close();
      if (underWay === 0) ended.resolve();
      return ended.promise;
    },
  };
}

type OnEnd = (exchange: Exchange) => void;
type Conditions = { readonly cancellation: Cancellation; readonly largestAnswer: number; readonly end: OnEnd };

const canShare = ({ canMultiplex, path, body = "" }: OutgoingRequest): boolean =>
  canMultiplex && path.length <= LARGEST_SHARED.path && body.length <= LARGEST_SHARED.body;

/** Throws what `ask` throws: then nothing was begun. */
function exchangeShared(
  connection: MultiplexedConnection,
  request: OutgoingRequest,
  { cancellation, end }: Omit<Conditions, "largestAnswer">,
): void {
  const asked = connection.ask(request, (exchange) => {
    cancellation.forget(onOver);
    end(exchange);
  });
  const onOver = (error: Failure): void => {
    cancellation.forget(onOver);
    asked.cancel();
    // Where nothing came back in all the time that it had, the connection has lost its way.
    if (deadlineExceeded.is(error) && asked.isSilent()) connection.retire();
    end({ error, sent: true });
  };
  cancellation.listen(onOver);
}

/** Throws what `ask` throws: then nothing was begun. */
function exchange(pool: ConnectionPool, request: OutgoingRequest, conditions: Conditions): void {
  const { cancellation, largestAnswer, end } = conditions;
  let status = 0;
  let headers: RawHeaders = [];
  let text: string | undefined;
  let size = 0;
  const parts: Buffer[] = [];
  let ended = false;
  const endOnce = (exchange: Exchange): void => {
    if (ended) return;
    ended = true;
    cancellation.forget(onOver);
    end(exchange);
  };
  const giveUp = (error: unknown): void => endOnce({ error, sent: asking.cancel() });
  const onOver = (why: Failure): void => {
    giveUp(why);
    // Where one lost its way without a word, the others probably have as well.
    if (status === 0 && deadlineExceeded.is(why)) pool.renew();
  };
  const asking: Asking = pool.ask(request, {
    onHead(head, body) {
      ({ status, headers } = head);
      if (body !== undefined) text = textOf(body);
      else if (head.body !== "chunked" && head.body > largestAnswer) giveUp(answerTooLarge);
    },
    onData(data) {
      size += data.length;
      if (size > largestAnswer) giveUp(answerTooLarge);
      // What arrives is in a buffer that the next read overwrites.
      else parts.push(Buffer.from(data));
      return true;
    },
    onEnd() {
      endOnce({ answer: { status, headers, text: text ?? Buffer.concat(parts).toString() } });
    },
    onError: (error) => endOnce({ error, sent: !wasNeverSent(error) }),
  });
  cancellation.listen(onOver);
}

const wasNeverSent = (error: Error): boolean =>
  error instanceof UpstreamError && (error.fault === "unreachable" || error.fault === "busy");

const BEYOND_ASCII = /[\x80-\xff]/;

/** A text whose bytes of UTF-8 were read as latin1: mostly it is the same in both. */
const textOf = (latin1: string): string =>
  BEYOND_ASCII.test(latin1) ? Buffer.from(latin1, "latin1").toString() : latin1;
