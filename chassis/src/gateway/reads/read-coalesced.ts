import { answerTooLarge } from "../../client/answers/exchange.ts";
import type { RawHeaders } from "../../client/transports/http/response-head.ts";
import { upstreamFailed } from "../../core/failure/failure.ts";
import type { Answers } from "../forwarding/answer.ts";
import { type Forward, servicePathOf, serviceRequest } from "../forwarding/service-request.ts";
import type { Services } from "../forwarding/services.ts";
import type { CoalescedReads } from "./coalesced-reads.ts";

/** Characters of `If-None-Match`. What is longer, the service may refuse. */
const LONGEST_TAGS = 1_000;
const LARGEST = 256 * 1024;
const MOST_LARGE = 1_000;
/** What a shared question says for all who ask: nothing of who they are, and nothing of what they have already. */
const OWN = new Set(["authorization", "user-agent", "if-none-match", "if-match", "if-modified-since", "range"]);

/** Answers public reads for all who ask at the same time with one question. What is too large to be held goes its own way, `plain`. */
export function createReadCoalesced(
  { services, answers }: { services: Services; answers: Answers },
  shared: CoalescedReads,
  plain: Forward,
): Forward {
  const large = new Set<string>();

  return (admitted) => {
    const { exchange, route, target, parameters, headers } = admitted;
    const path = servicePathOf(route, target, parameters) + target.query;
    const common = headers.forwarded.filter((_, at) => !OWN.has(headers.forwarded[at - (at % 2)] as string));
    const key = `${route.service} ${path}\n${common.join("\n")}`;
    if (large.has(key) || hasLongTags(headers.forwarded)) return plain(admitted);
    const ask = (etag: string | undefined) => {
      const known: RawHeaders = etag === undefined ? common : [...common, "if-none-match", etag];
      const request = serviceRequest(exchange, route, {
        path,
        headers: { ...headers, forwarded: [...known] },
        body: undefined,
      });
      return services.ask({ ...request, method: "GET" }, LARGEST);
    };
    return shared.read(key, route.cache ?? 0, ask).then(
      (answer) => answers.send(exchange, route, answer),
      (error) => {
        if (!isTooLarge(error)) throw error;
        if (large.size >= MOST_LARGE) large.clear();
        large.add(key);
        return plain(admitted);
      },
    );
  };
}

/** Whether `If-None-Match` in names and values is longer than services may take. */
const hasLongTags = (headers: RawHeaders): boolean =>
  headers.some((text, at) => text.length > LONGEST_TAGS && headers[at - 1] === "if-none-match" && at % 2 === 1);

const isTooLarge = (error: unknown): boolean => upstreamFailed.is(error) && error.cause === answerTooLarge;
