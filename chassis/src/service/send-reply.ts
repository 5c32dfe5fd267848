import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { TSchema } from "typebox";
import { atEndOfTurn } from "../client/http/end-of-turn.ts";
import type { Call } from "../contract/call.ts";
import { failureFrom } from "../core/failure.ts";
import { Answer } from "./answer.ts";

/** Answers with what a handler returned. */
export type SendReply = (reply: FastifyReply, result: unknown) => void;

/** Makes what sends the replies of a call, together with what else is answered in this turn of the event loop. Never throws. */
export function replySender({ shape: { replies } }: Call): SendReply {
  const success = Number(Object.keys(replies).find((status) => Number(status) < 300));
  const media = Object.values(replies).map(mediaType).find(Boolean);
  return (reply, result) => {
    const answer = result instanceof Answer ? result : new Answer(success, result);
    atEndOfTurn(() => send(reply, answer, media));
  };
}

function send(reply: FastifyReply, { status, headers, body }: Answer<unknown>, media: string | undefined): void {
  try {
    reply.code(status).headers(headers);
    if (media && body !== undefined) sendMedia(reply, media, body as string | AsyncIterable<string>);
    else reply.send(body);
  } catch (error) {
    reply.send(failureFrom(error));
  }
}

function sendMedia(reply: FastifyReply, media: string, body: string | AsyncIterable<string>): void {
  reply.type(`${media}; charset=utf-8`);
  if (typeof body === "string") reply.send(body);
  else {
    reply.header("cache-control", "no-store");
    reply.send(Readable.from(body, { objectMode: false, highWaterMark: 16 * 1024 }));
  }
}

/** The media type of a reply that is no JSON. */
export const mediaType = (schema: TSchema | null): string | undefined =>
  (schema as { contentMediaType?: string } | null)?.contentMediaType;
