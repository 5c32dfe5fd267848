import { Readable } from "node:stream";
import type { Call } from "../../../contract/call.ts";
import type { UpstreamRequest } from "../http/request-head.ts";

/** Whether a call's answers are whole texts of JSON that end by themselves: others have a connection of their own. */
export const canMultiplex = ({ shape: { timeout, replies } }: Call): boolean =>
  timeout !== 0 && Object.values(replies).every((schema) => schema === null || !("contentMediaType" in schema));

/** Of a request that goes over a connection which others share: what is larger would hold them up. */
const LARGEST = { path: 8 * 1024, body: 64 * 1024 };

/** Whether a request is small and whole, as those on a connection that others share have to be. */
export const isSmall = ({ path, body = "" }: Pick<UpstreamRequest, "path" | "body">): boolean =>
  path.length <= LARGEST.path && !(body instanceof Readable) && body.length <= LARGEST.body;
