import { notFound } from "../../core/failure/failure.ts";
import { malformedRequest } from "../../http/malformed.ts";

/** The target of a request: its path in canonical form, and the query as it came, with its question mark. */
export type Target = { path: string; query: string };

const PLAIN_PATH = /^(?:\/[\w~.-]+)+$/;
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;
const VISIBLE_ASCII = /^\/[!-~]*$/;
// Characters that some other program on the way could take for a separator, or for the end.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const AMBIGUOUS = /[/\\;?#%\u0000-\u001f\u007f]/;

/**
 * Splits and checks a request target. The path is brought into the one form that can't be read in two ways, and that form is
 * both matched and forwarded. Throws `malformed_request` for the absolute form, bad escapes (in the query too), dot segments, empty segments and
 * characters that are read differently elsewhere (`%2f`, `%5c`, `;`, `%00`), and `not_found` for a slash at the end of all but `/`.
 */
export function readTarget(url: string): Target {
  const at = url.indexOf("?");
  const path = at === -1 ? url : url.slice(0, at);
  if (!VISIBLE_ASCII.test(url) || url.includes("#")) throw malformedRequest.failure();
  const query = at === -1 ? "" : url.slice(at);
  // Forwarded as it came; what can't be decoded would be searched for as it stands there.
  if (query.includes("%")) decode(query);
  return { path: canonicalPath(path), query };
}

function canonicalPath(path: string): string {
  const canonical = PLAIN_PATH.test(path) ? path : path.split("/").map(canonicalSegment).join("/");
  if (DOT_SEGMENT.test(canonical) || canonical.includes("//")) throw malformedRequest.failure();
  // The router would take it for a parameter that is empty.
  if (canonical.endsWith("/") && canonical !== "/") throw notFound.failure();
  return canonical;
}

function canonicalSegment(segment: string): string {
  const decoded = decode(segment);
  if (AMBIGUOUS.test(decoded)) throw malformedRequest.failure();
  return encodeURIComponent(decoded);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw malformedRequest.failure({ cause });
  }
}
