import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { PROBLEM_MEDIA_TYPE } from "../contract/problem.ts";
import { deadlineExceeded, Failure, unavailable, upstreamFailed } from "../core/failure.ts";

/** A request as a service gets it. */
export type UpstreamRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: string[];
  readonly body: Buffer | Readable | undefined;
};

/**
 * How it went: `answered` when the client has got the answer, or was cut off within it, or has left. Otherwise nothing was
 * answered. `unreachable`: the service has got nothing. `broken`: the connection ended, the service may have got the request.
 * `final`: asking again makes no sense.
 */
export type Outcome = "answered" | { readonly failure: Failure; readonly fault: Fault };
export type Fault = "unreachable" | "broken" | "final";

export type RelayOptions = {
  /** Milliseconds until the answer has to be complete; 0 is without end. */
  readonly timeout: number;
  /** Ends answers without end. */
  readonly stopping: AbortSignal;
  /** Sends the head of the answer. */
  begin(status: number, headers: IncomingHttpHeaders): void;
};

/**
 * Sends a request to one instance and streams the answer to the client as it comes, at the client's pace. The request is
 * cancelled when the client leaves or the time is over.
 */
export function relay(
  dispatcher: Dispatcher,
  { method, path, headers, body }: UpstreamRequest,
  response: ServerResponse,
  options: RelayOptions,
): Promise<Outcome> {
  if (response.destroyed) return Promise.resolve("answered");
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  dispatcher.dispatch(
    { method: method as Dispatcher.HttpMethod, path, headers, body: body ?? null },
    answerTo(response, options, watch(response, options, resolve)),
  );
  return promise;
}

/** The request to the service while it is under way. It ends once, whatever comes first. */
type Conversation = {
  /** Known as soon as the request is on a connection. */
  controller: Dispatcher.DispatchController | undefined;
  ended: boolean;
  end(outcome: Outcome): void;
  /** Ends without an answer, or cuts off the one that has begun. */
  giveUp(failure: Failure, fault?: Fault): void;
};

function watch(
  response: ServerResponse,
  { timeout, stopping }: RelayOptions,
  resolve: (outcome: Outcome) => void,
): Conversation {
  const conversation: Conversation = {
    controller: undefined,
    ended: false,
    end(outcome) {
      if (conversation.ended) return;
      conversation.ended = true;
      clearTimeout(timer);
      response.off("close", onClose).off("drain", onDrain);
      if (timeout === 0) stopping.removeEventListener("abort", onStopping);
      resolve(outcome);
    },
    giveUp(failure, fault = "final") {
      if (conversation.ended) return;
      const begun = response.headersSent;
      conversation.end(begun ? "answered" : { failure, fault });
      conversation.controller?.abort(failure);
      if (begun) response.destroy();
    },
  };
  const onClose = (): void => {
    conversation.end("answered");
    conversation.controller?.abort(nobodyWaits);
  };
  const onDrain = (): void => conversation.controller?.resume();
  const onStopping = (): void => {
    if (response.headersSent) response.end();
    else conversation.giveUp(unavailable.failure({ retryAfter: 1 }));
    onClose();
  };
  const timer = timeout > 0 ? setTimeout(() => conversation.giveUp(deadlineExceeded.failure()), timeout) : undefined;
  response.on("close", onClose).on("drain", onDrain);
  if (timeout === 0) {
    if (stopping.aborted) queueMicrotask(onStopping);
    else stopping.addEventListener("abort", onStopping);
  }
  return conversation;
}

function answerTo(
  response: ServerResponse,
  { begin }: RelayOptions,
  conversation: Conversation,
): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller) {
      conversation.controller = controller;
      if (conversation.ended) controller.abort(nobodyWaits);
    },
    onResponseStart(_, status, headers) {
      if (conversation.ended || status < 200) return;
      if (isUnexpected(status, headers)) {
        conversation.giveUp(upstreamFailed.failure({ cause: new Error(`an answer ${status} that is no problem`) }));
        return;
      }
      begin(status, headers);
      if (headers["content-length"] === undefined) response.flushHeaders();
    },
    onResponseData(controller, chunk) {
      if (!conversation.ended && !response.write(chunk)) controller.pause();
    },
    onResponseEnd() {
      if (conversation.ended) return;
      conversation.end("answered");
      response.end();
    },
    onResponseError(_, error) {
      if (error instanceof Failure) conversation.giveUp(error);
      else if (conversation.controller) conversation.giveUp(upstreamFailed.failure({ cause: error }), "broken");
      else conversation.giveUp(unavailable.failure({ cause: error, retryAfter: 1 }), "unreachable");
    },
  };
}

const nobodyWaits = new Error("nobody waits for the answer any more");

/** A service tells of its faults by problems; other words of a failing process are not for the client. */
const isUnexpected = (status: number, headers: IncomingHttpHeaders): boolean =>
  status >= 500 && !headers["content-type"]?.startsWith(PROBLEM_MEDIA_TYPE);
