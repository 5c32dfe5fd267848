import type { Cancellation } from "../../core/cancellation.ts";
import { deadlineExceeded, type Failure } from "../../core/failure/failure.ts";
import { addressOf } from "../../core/network/address.ts";
import type { Dial } from "../../core/network/dial.ts";
import { answerTooLarge, type Exchange } from "../answers/exchange.ts";
import type { OutgoingRequest } from "../build-request.ts";
import type { AnswerHead } from "./http/answer-reader.ts";
import type { Asker } from "./http/connection.ts";
import { type Asking, type ConnectionPool, connectionPool } from "./http/connection-pool.ts";
import { headerOf } from "./http/response-head.ts";
import { UpstreamError } from "./http/upstream-error.ts";
import { isSmall } from "./multiplex/can-multiplex.ts";
import { createMultiplexer } from "./multiplex/multiplexer.ts";

/** Sends requests and reads answers. Follows no redirect and tries nothing twice. */
export type Transport = {
  /** Never rejects. Ends at once when it is cancelled, with the reason as the error. `service`: whose instance is at `origin`. */
  send(origin: string, request: OutgoingRequest, cancellation: Cancellation, service?: string): Promise<Exchange>;
  /** Resolves when the exchanges under way have ended; new ones fail. */
  close(): Promise<void>;
};

export type TransportLimits = {
  /** Connections to one instance. Default 50; more callers wait for one. */
  readonly connections?: number;
  /** The largest answer in bytes. Default 1 MiB. */
  readonly largestAnswer?: number;
  /** How services are reached. Default: without TLS. */
  readonly dial?: Dial | undefined;
};

/**
 * Makes the transport: HTTP/1.1 over a pool of connections for each instance, and to instances that offer it one multiplexed connection,
 * for all requests that are small and whole.
 */
export function createTransport({ connections = 50, largestAnswer = 2 ** 20, dial }: TransportLimits = {}): Transport {
  const pools = new Map<string, ConnectionPool>();
  /** For requests that wait for what others do: there they take nobody's connection. */
  const idlePools = new Map<string, ConnectionPool>();
  const multiplexer = createMultiplexer({ largestAnswer, dial });
  const ended = Promise.withResolvers<void>();
  let underWay = 0;
  let closed = false;

  function poolOf(origin: string, service: string, idle: boolean): ConnectionPool {
    const all = idle ? idlePools : pools;
    const known = all.get(origin);
    if (known) return known;
    const pool = connectionPool(addressOf(origin), idle ? Number.POSITIVE_INFINITY : connections, {
      service,
      dial,
      onUnused() {
        all.delete(origin);
        pool.close();
      },
    });
    all.set(origin, pool);
    return pool;
  }

  function ask(origin: string, service: string, request: OutgoingRequest, asker: Asker): Asking {
    const shared = request.canMultiplex && isSmall(request) ? multiplexer.connectionTo(origin) : undefined;
    return shared ? shared.ask(request, asker) : poolOf(origin, service, request.idle ?? false).ask(request, asker);
  }

  function onEnd(): void {
    underWay -= 1;
    if (closed && underWay === 0) ended.resolve();
  }

  return {
    send(origin, request, cancellation, service = "") {
      const error = closed ? new Error("the client is closed") : cancellation.why;
      if (error) return Promise.resolve({ error, sent: false });
      return new Promise((resolve) => {
        underWay += 1;
        const end = (exchange: Exchange): void => {
          onEnd();
          resolve(exchange);
        };
        const onOffer = (): void => {
          const authorization = headerOf(request.headers, "authorization");
          if (authorization !== undefined) multiplexer.offered(origin, () => authorization, service);
        };
        try {
          exchange((asker) => ask(origin, service, request, asker), { cancellation, largestAnswer, onOffer, end });
        } catch (error) {
          end({ error, sent: false });
        }
      });
    },
    close() {
      closed = true;
      for (const pool of [...pools.values(), ...idlePools.values()]) pool.close();
      multiplexer.close();
      if (underWay === 0) ended.resolve();
      return ended.promise;
    },
  };
}

type Conditions = {
  readonly cancellation: Cancellation;
  readonly largestAnswer: number;
  /** The instance takes multiplexed connections. */
  onOffer(): void;
  end(exchange: Exchange): void;
};

/** Throws what `ask` throws: then nothing was begun. */
function exchange(ask: (asker: Asker) => Asking, conditions: Conditions): void {
  const { cancellation, largestAnswer, onOffer, end } = conditions;
  let head: AnswerHead | undefined;
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
    if (head || !deadlineExceeded.is(why)) giveUp(why);
    else endOnce({ error: why, sent: asking.giveUp() });
  };
  const asking = ask({
    onHead(received, body) {
      head = received;
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
      const { status, headers, offersMultiplex } = head as AnswerHead;
      endOnce({ answer: { status, headers, text: text ?? Buffer.concat(parts).toString() } });
      if (offersMultiplex) onOffer();
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
