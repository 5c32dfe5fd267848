import { onlyHeaderOf } from "../transports/http/response-head.ts";
import type { HttpAnswer } from "./exchange.ts";

/** The media type of an answer, without parameters, in lower case; empty when it has none. */
export function mediaType({ headers }: Pick<HttpAnswer, "headers">): string {
  const header = onlyHeaderOf(headers, "content-type") ?? "";
  const end = header.indexOf(";");
  return (end === -1 ? header : header.slice(0, end)).trim().toLowerCase();
}
