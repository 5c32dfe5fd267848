import type { ServerResponse } from "node:http";
import { PROBLEM_MEDIA_TYPE } from "../contract/problem.ts";
import { deadlineExceeded, Failure, unavailable, upstreamFailed } from "../core/failure.ts";
import type { Asker } from "./upstream/connection.ts";
import type { Asking, ConnectionPool } from "./upstream/connection-pool.ts";
import type { UpstreamRequest } from "./upstream/request-head.ts";
import { headerOf, type RawHeaders } from "./upstream/response-head.ts";
import { UpstreamError } from "./upstream/upstream-error.ts";

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
  begin(status: number, headers: RawHeaders): void;
};

/**
 * Sends a request to one instance and streams the answer to the client as it comes, at the client's pace. The request is
 * cancelled when the client leaves or the time is over.
 */
export function relay(
  pool: ConnectionPool,
  request: UpstreamRequest,
  response: ServerResponse,
  options: RelayOptions,
): Promise<Outcome> {
  if (response.destroyed) return Promise.resolve("answered");
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const conversation = watch(response, options, resolve);
  conversation.asking = pool.ask(request, answerTo(response, options, conversation));
  return promise;
}

/** The request to the service while it is under way. It ends once, whatever comes first. */
type Conversation = {
  asking: Asking | undefined;
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
    asking: undefined,
    ended: false,
    end(outcome) {
      if (conversation.ended) return;
      conversation.ended = true;
      clearTimeout(timer);
      response.off("close", onClose);
      if (timeout === 0) stopping.removeEventListener("abort", onStopping);
      resolve(outcome);
    },
    giveUp(failure, fault = "final") {
      if (conversation.ended) return;
      const begun = response.headersSent;
      conversation.end(begun ? "answered" : { failure, fault });
      conversation.asking?.cancel();
      if (begun) response.destroy();
    },
  };
  const onClose = (): void => {
    conversation.end("answered");
    conversation.asking?.cancel();
  };
  const onStopping = (): void => {
    if (response.headersSent) response.end();
    else conversation.giveUp(unavailable.failure({ retryAfter: 1 }));
    onClose();
  };
  const timer = timeout > 0 ? setTimeout(() => conversation.giveUp(deadlineExceeded.failure()), timeout) : undefined;
  response.on("close", onClose);
  if (timeout === 0) {
    if (stopping.aborted) queueMicrotask(onStopping);
    else stopping.addEventListener("abort", onStopping);
  }
  return conversation;
}

function answerTo(response: ServerResponse, { begin }: RelayOptions, conversation: Conversation): Asker {
  let whole: string | undefined;
  return {
    onHead({ status, headers, body: framing }, body) {
      if (conversation.ended) return;
      if (isUnexpected(status, headers)) {
        conversation.giveUp(upstreamFailed.failure({ cause: new Error(`an answer ${status} that is no problem`) }));
        return;
      }
      begin(status, headers);
      whole = body;
      if (body === undefined && framing === "chunked") response.flushHeaders();
    },
    onData(data) {
      // What arrives is in a buffer that the next read overwrites.
      if (conversation.ended || response.write(Buffer.from(data))) return true;
      response.once("drain", () => conversation.asking?.resume());
      return false;
    },
    onEnd() {
      if (conversation.ended) return;
      conversation.end("answered");
      if (whole) response.end(whole, "latin1");
      else response.end();
    },
    onError: (error) => conversation.giveUp(...told(error)),
  };
}

/** What a failed request is for the client, and whether it may be sent again. The body's own failure stays what it is. */
function told(error: Error): [Failure, Fault] {
  if (error instanceof Failure) return [error, "final"];
  const fault = error instanceof UpstreamError ? error.fault : "odd";
  if (fault === "unreachable") return [unavailable.failure({ cause: error, retryAfter: 1 }), fault];
  return [upstreamFailed.failure({ cause: error }), fault === "broken" ? fault : "final"];
}

/** A service tells of its faults by problems; other words of a failing process are not for the client. */
function isUnexpected(status: number, headers: RawHeaders): boolean {
  return status >= 500 && !headerOf(headers, "content-type")?.startsWith(PROBLEM_MEDIA_TYPE);
}
