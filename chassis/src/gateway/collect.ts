import type { ServerResponse } from "node:http";
import { deadlineExceeded, upstreamFailed } from "../core/failure.ts";
import type { Outcome } from "./call-instances.ts";
import type { ConnectionPool } from "./upstream/connection-pool.ts";
import type { UpstreamRequest } from "./upstream/request-head.ts";
import type { RawHeaders } from "./upstream/response-head.ts";
import { failedBy, isUnexpected, unexpected } from "./upstream-failure.ts";

/** An answer of a service as a whole. */
export type WholeAnswer = { readonly status: number; readonly headers: RawHeaders; readonly body: Buffer };

/** What `collect` fails with when the answer is larger than it may be; the client gets `upstream_failed`. */
export const answerTooLarge = new Error("the answer is too large to be held");

export type CollectOptions = {
  /** Milliseconds. */
  readonly timeout: number;
  /** Bytes of the body. */
  readonly limit: number;
  /** Who waits for it, if that is one client: when they leave, it is given up. */
  readonly client: ServerResponse | undefined;
};

/** Asks one instance and waits for the whole answer. */
export function collect(
  pool: ConnectionPool,
  request: UpstreamRequest,
  { timeout, limit, client }: CollectOptions,
): Promise<Outcome<WholeAnswer>> {
  const { promise, resolve } = Promise.withResolvers<Outcome<WholeAnswer>>();
  const parts: Buffer[] = [];
  let size = 0;
  let status = 0;
  let headers: RawHeaders = [];
  const end = (outcome: Outcome<WholeAnswer>): void => {
    clearTimeout(timer);
    client?.off("close", onGone);
    resolve(outcome);
  };
  const giveUp = (outcome: Outcome<WholeAnswer>): void => {
    end(outcome);
    asking.cancel();
  };
  const onGone = () => giveUp({ failure: upstreamFailed.failure(), fault: "final" });
  const asking = pool.ask(request, {
    onHead(head, body) {
      ({ status, headers } = head);
      if (body) parts.push(Buffer.from(body, "latin1"));
      const tooLarge = typeof head.body === "number" && head.body > limit;
      if (isUnexpected(status, headers)) giveUp({ failure: unexpected(status), fault: "final" });
      else if (tooLarge) giveUp({ failure: upstreamFailed.failure({ cause: answerTooLarge }), fault: "final" });
    },
    onData(data) {
      size += data.length;
      if (size > limit) giveUp({ failure: upstreamFailed.failure({ cause: answerTooLarge }), fault: "final" });
      else parts.push(Buffer.from(data));
      return true;
    },
    onEnd: () =>
      end({ answer: { status, headers, body: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts) } }),
    onError: (error) => end(failedBy(error)),
  });
  client?.once("close", onGone);
  const timer = setTimeout(() => giveUp({ failure: deadlineExceeded.failure(), fault: "final" }), timeout);
  return promise;
}
