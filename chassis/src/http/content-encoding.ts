import type { IncomingHttpHeaders } from "node:http";
import { unsupportedMediaType } from "../core/failure/failure.ts";

/** Throws `unsupported_media_type` for a body that is encoded: it is read as it comes (RFC 9110, 8.4). */
export function refuseEncoded({ "content-encoding": encoding = "identity" }: IncomingHttpHeaders): void {
  if (encoding.trim().toLowerCase() !== "identity") throw unsupportedMediaType.failure();
}
