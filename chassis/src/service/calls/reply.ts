import { Readable } from "node:stream";
import fastJsonStringify from "fast-json-stringify";
import type { TSchema } from "typebox";
import { hasNoBody } from "../../client/transports/http/response-head.ts";
import type { Call } from "../../contract/call.ts";
import { problemHeaders, problemOf } from "../../contract/problem.ts";
import type { Failure } from "../../core/failure/failure.ts";
import { validateHeaderName, validateHeaderValue } from "../../core/network/node-http.ts";
import type { Log } from "../../telemetry/log.ts";
import { Answer } from "../answer.ts";

/** What is answered: the body as it is sent, or as a stream of it. */
export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Readable | undefined;
};

/** A reply that is there as a whole, with a body. */
export type WholeReply = Reply & { readonly body: string };

type Write = (value: unknown) => string;

const JSON_TYPE = "application/json; charset=utf-8";

/** Makes what turns the results of a call's handler into replies: of what it returned they hold what the contract says, and nothing else. */
export function makeReply({ method, shape: { access, replies } }: Call): (result: unknown) => Reply {
  const success = Number(Object.keys(replies).find((status) => Number(status) < 300));
  const media = Object.values(replies).map(mediaType).find(Boolean);
  // What is answered to one caller is for no cache, unless its handler says something else.
  const usual = access === "public" && method === "GET" ? {} : { "cache-control": "no-store" };
  const writers = new Map<number, Write>();

  /** Compiled when the first such reply is sent: few of the calls that a service has are asked for soon. */
  function writerOf(status: number): Write {
    const known = writers.get(status);
    if (known) return known;
    const schema = replies[status];
    const made: Write = schema ? fastJsonStringify(schema as object) : JSON.stringify;
    writers.set(status, made);
    return made;
  }

  return (result) => {
    const { status, headers, body } = result instanceof Answer ? result : new Answer<unknown>(success, result);
    assertSendable(headers);
    // Whatever a handler returned: HTTP has no body there.
    if (body === undefined || hasNoBody(status)) return { status, headers: { ...usual, ...headers }, body: undefined };
    if (media !== undefined) return mediaReply(status, headers, media, body as string | AsyncIterable<string>);
    return { status, headers: { "content-type": JSON_TYPE, ...usual, ...headers }, body: writerOf(status)(body) };
  };
}

/** Throws (a TypeError) before Fastify would, which answers in words of its own. */
function assertSendable(headers: Answer<unknown>["headers"]): void {
  for (const name in headers) {
    validateHeaderName(name);
    validateHeaderValue(name, headers[name] as string);
  }
}

function mediaReply(
  status: number,
  headers: Answer<unknown>["headers"],
  media: string,
  body: string | AsyncIterable<string>,
): Reply {
  const type = { ...headers, "content-type": `${media}; charset=utf-8` };
  if (typeof body === "string") return { status, headers: type, body };
  const stream = Readable.from(body, { objectMode: false, highWaterMark: 16 * 1024 });
  return { status, headers: { ...type, "cache-control": "no-store" }, body: stream };
}

/** The media type of a reply that is no JSON. */
const mediaType = (schema: TSchema | null): string | undefined =>
  (schema as { contentMediaType?: string } | null)?.contentMediaType;

/** A failure as it is answered. What nobody expected is logged: nobody else is told of it. */
export function problemReply(failure: Failure, requestId: string, log: Log): WholeReply {
  if (failure.kind === "bug") log.error({ err: failure.cause ?? failure, requestId }, "a request failed");
  const body = JSON.stringify(problemOf(failure, requestId));
  return { status: failure.status, headers: problemHeaders(failure), body };
}
