import type { ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import { answerTooLarge } from "../../client/answers/exchange.ts";
import { type Told, toldByError, toldByStatus } from "../../client/attempt-outcome.ts";
import type { Asker } from "../../client/transports/http/connection.ts";
import type { Asking, Way } from "../../client/transports/http/connection-pool.ts";
import { atEndOfTurn } from "../../client/transports/http/end-of-turn.ts";
import type { UpstreamRequest } from "../../client/transports/http/request-head.ts";
import { headerOf, type RawHeaders } from "../../client/transports/http/response-head.ts";
import { startTimer } from "../../core/clock.ts";
import { deadlineExceeded, type Failure, unavailable } from "../../core/failure/failure.ts";
import type { Fault, Outcome } from "./call-instances.ts";
import { failedBy, unexpected } from "./upstream-failure.ts";

export type RelayOptions = {
  /** Who has to answer. */
  readonly service: string;
  /** Milliseconds until the answer has to be complete; 0 is without end. */
  readonly timeout: number;
  /** Ends answers without end, and waiting that is not to be finished. */
  readonly stopping: AbortSignal;
  /** Whether the request waits for what others do, and can be asked again without. */
  readonly idle?: boolean;
  /** Told how many milliseconds the request has waited for a connection. */
  onWaited(waited: number): void;
  /** Told that the service takes multiplexed connections. */
  onOffer(): void;
  /** Told that the answer is larger than what should be held as a whole. */
  onLarge(): void;
  /** Sends the head of the answer; what it returns takes the body. */
  begin(status: number, headers: RawHeaders): Writable;
};

/** A request that waited was taken back since the gateway stops: it is to be asked again without waiting. */
export const waitingEnded = unavailable.failure({ retryAfter: 1 });

/** Bytes. After a larger answer those to the same call are streamed, at the pace of their clients. */
export const LARGE = 64 * 1024;
/** Bytes that the system mostly takes for a connection, whether or not its client reads. */
const TAKEN_AT_ONCE = 16 * 1024;

/** The client has got the answer, or was cut off within it, or has left. */
const answered = (told: Told): Outcome<void> => ({ answer: undefined, told });

/**
 * Sends a request to one instance and streams the answer to the client as it comes, at the client's pace. The request is
 * cancelled when the client leaves or the time is over. Once the answer has begun, a failure cuts the client off.
 */
export function relay(
  way: Way,
  request: UpstreamRequest,
  response: ServerResponse,
  options: RelayOptions,
): Promise<Outcome<void>> {
  if (response.destroyed) return Promise.resolve(answered("unknown"));
  const { promise, resolve } = Promise.withResolvers<Outcome<void>>();
  const conversation = watch(response, options, resolve);
  conversation.asking = way.ask(request, answerTo(response, options, conversation));
  return promise;
}

/** The request to the service while it is under way. It ends once, whatever comes first. */
type Conversation = {
  asking: Asking | undefined;
  ended: boolean;
  end(outcome: Outcome<void>): void;
  /** Ends without an answer, or cuts off the one that has begun. */
  giveUp(failure: Failure, told: Told, fault?: Fault): void;
};

function watch(
  response: ServerResponse,
  { timeout, stopping, idle = false }: RelayOptions,
  resolve: (outcome: Outcome<void>) => void,
): Conversation {
  const isEnded = timeout === 0 || idle;
  const conversation: Conversation = {
    asking: undefined,
    ended: false,
    end(outcome) {
      if (conversation.ended) return;
      conversation.ended = true;
      cancelTimer?.();
      response.off("close", onClose);
      if (isEnded) stopping.removeEventListener("abort", onStopping);
      resolve(outcome);
    },
    giveUp(failure, told, fault = "final") {
      if (conversation.ended) return;
      const begun = response.headersSent;
      conversation.end(begun ? answered(told) : { failure, fault, told });
      if (begun || !deadlineExceeded.is(failure)) conversation.asking?.cancel();
      else conversation.asking?.giveUp();
      if (begun) response.destroy();
    },
  };
  const onClose = (): void => {
    conversation.end(answered("unknown"));
    conversation.asking?.cancel();
  };
  const onStopping = (): void => {
    if (!response.headersSent) conversation.giveUp(waitingEnded, "unknown");
    else if (timeout === 0) response.end();
    else return;
    onClose();
  };
  const onLate = (): void => {
    const late = deadlineExceeded.failure();
    conversation.giveUp(late, toldByError(late, timeout));
  };
  const cancelTimer = timeout > 0 ? startTimer(timeout, onLate) : undefined;
  response.on("close", onClose);
  if (isEnded) {
    if (stopping.aborted) queueMicrotask(onStopping);
    else stopping.addEventListener("abort", onStopping);
  }
  return conversation;
}

function answerTo(
  response: ServerResponse,
  { service, timeout, onWaited, onOffer, onLarge, begin }: RelayOptions,
  conversation: Conversation,
): Asker {
  let told: Told = "good";
  let out: Writable = response;
  let whole: string | undefined;
  return {
    onWaited,
    onHead({ status, headers, body: framing, offersMultiplex }, body) {
      if (conversation.ended) return;
      const odd = unexpected(service, status, headers);
      if (odd) {
        conversation.giveUp(odd, "failed");
        return;
      }
      if (offersMultiplex) onOffer();
      if (body !== undefined && body.length > LARGE) onLarge();
      told = toldByStatus(status, status === 503 && headerOf(headers, "retry-after") !== undefined);
      out = begin(status, headers);
      whole = body;
      if (framing === "chunked" && body === undefined) response.flushHeaders();
    },
    onData(data) {
      // What arrives is in a buffer that the next read overwrites.
      if (conversation.ended || out.write(Buffer.from(data))) return true;
      out.once("drain", () => conversation.asking?.resume());
      return false;
    },
    onEnd() {
      if (conversation.ended) return;
      conversation.end(answered(told));
      const text = whole;
      if (text === undefined) out.end();
      else atEndOfTurn(() => out.end(text, "latin1"));
      if (text !== undefined && text.length > TAKEN_AT_ONCE) cutOffAfter(response, timeout);
    },
    onError(error) {
      if (error === answerTooLarge) onLarge();
      const { failure, fault, told } = failedBy(error);
      conversation.giveUp(failure, told, fault);
    },
  };
}

/** The service has done its part, and whoever reads slowly has as long for it as the call may take. */
function cutOffAfter(response: ServerResponse, timeout: number): void {
  response.once(
    "close",
    startTimer(timeout, () => response.destroy()),
  );
}
