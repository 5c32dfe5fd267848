import type { HttpAnswer } from "./transport.ts";

/** The media type of an answer, without parameters, in lower case; empty when it has none. */
export function mediaType({ headers }: Pick<HttpAnswer, "headers">): string {
  const header = headers["content-type"];
  return typeof header === "string" ? (header.split(";", 1)[0] as string).trim().toLowerCase() : "";
}
