import type { ServerResponse } from "node:http";
import { answerTooLarge } from "../../client/answers/exchange.ts";
import { type Told, toldByError, toldByStatus } from "../../client/attempt-outcome.ts";
import type { Way } from "../../client/transports/http/connection-pool.ts";
import type { UpstreamRequest } from "../../client/transports/http/request-head.ts";
import { headerOf, type RawHeaders } from "../../client/transports/http/response-head.ts";
import { startTimer } from "../../core/clock.ts";
import { deadlineExceeded, type Failure, upstreamFailed } from "../../core/failure/failure.ts";
import type { Outcome } from "./call-instances.ts";
import { LARGE } from "./relay.ts";
import { failedBy, unexpected } from "./upstream-failure.ts";

/** An answer of a service as a whole. */
export type WholeAnswer = { readonly status: number; readonly headers: RawHeaders; readonly body: Buffer };

export type CollectOptions = {
  /** Who has to answer. */
  readonly service: string;
  /** Milliseconds. */
  readonly timeout: number;
  /** Bytes of the body. One that is larger fails as `upstream_failed`, whose cause is `answerTooLarge`. */
  readonly limit: number;
  /** Told how many milliseconds the request has waited for a connection. */
  onWaited(waited: number): void;
  /** Told that the service takes multiplexed connections. */
  onOffer(): void;
  /** Told that the answer is larger than what should come as a whole. */
  onLarge(): void;
  /** Who waits for it, if that is one client: when they leave, it is given up. */
  readonly client: ServerResponse | undefined;
};

/** Asks one instance and waits for the whole answer. */
export function collect(
  way: Way,
  request: UpstreamRequest,
  { service, timeout, limit, client, onWaited, onOffer, onLarge }: CollectOptions,
): Promise<Outcome<WholeAnswer>> {
  const { promise, resolve } = Promise.withResolvers<Outcome<WholeAnswer>>();
  const parts: Buffer[] = [];
  let size = 0;
  let status = 0;
  let headers: RawHeaders = [];
  const end = (outcome: Outcome<WholeAnswer>): void => {
    cancelTimer();
    client?.off("close", onGone);
    resolve(outcome);
  };
  const fail = (failure: Failure, told: Told): void => {
    end({ failure, fault: "final", told });
    if (status > 0 || !deadlineExceeded.is(failure)) asking.cancel();
    else asking.giveUp();
  };
  const onGone = () => fail(upstreamFailed.failure(), "unknown");
  const onTooLarge = () => fail(upstreamFailed.failure({ cause: answerTooLarge }), "good");
  const asking = way.ask(request, {
    onWaited,
    onHead(head, body) {
      ({ status, headers } = head);
      if (body) parts.push(Buffer.from(body, "latin1"));
      const odd = unexpected(service, status, headers);
      if (odd) {
        fail(odd, "failed");
        return;
      }
      if (head.offersMultiplex) onOffer();
      if (body !== undefined && body.length > LARGE) onLarge();
      if (typeof head.body === "number" && head.body > limit) onTooLarge();
    },
    onData(data) {
      size += data.length;
      if (size > limit) onTooLarge();
      else parts.push(Buffer.from(data));
      return true;
    },
    onEnd() {
      const body = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
      const told = toldByStatus(status, headerOf(headers, "retry-after") !== undefined);
      end({ answer: { status, headers, body }, told });
    },
    onError(error) {
      if (error === answerTooLarge) onLarge();
      end(failedBy(error));
    },
  });
  client?.once("close", onGone);
  const cancelTimer = startTimer(timeout, () => {
    const late = deadlineExceeded.failure();
    fail(late, toldByError(late, timeout));
  });
  return promise;
}
