import type { IncomingHttpHeaders } from "node:http";
import { newId } from "../core/id.ts";

const REQUEST_ID = /^[A-Za-z0-9._-]{1,100}$/;

/** The id of a request: the one that it came with, if that is one that can go into logs, or a new one. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && REQUEST_ID.test(given) ? given : newId();
}
