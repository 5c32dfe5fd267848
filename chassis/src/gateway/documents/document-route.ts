import { createHash } from "node:crypto";
import { type Exchange, sendBody, sendHead } from "../edge/exchange.ts";
import { acceptsGzip, compressed, compressedHeaders } from "../reads/compression.ts";
import { isKnown } from "../reads/entity-tag.ts";
import { type OwnRoute, ownRoute } from "../route-table.ts";

/** Something that does not change while the gateway runs, and the address it has. */
export type Document = {
  /** The whole path; parameters in braces. */
  readonly path: string;
  readonly type: string;
  readonly policy: readonly string[];
  /** Called once, when it is first asked for. */
  content(): Buffer;
  /** What its tag is made from. Default: its content. */
  readonly source?: Buffer;
  /** Paths that begin with this always mean the same bytes: a browser keeps them without asking again. */
  readonly immutableBelow?: string;
};

/** The page loads from this gateway only, talks to it only, and can't turn text into HTML. */
export const PAGE_POLICY = [
  "content-security-policy",
  "default-src 'none'; script-src 'self'; img-src 'self' data:; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
];

const REVALIDATED = ["cache-control", "no-cache"];
const KEPT = ["cache-control", "public, max-age=31536000, immutable"];
const COMPRESSIBLE = /^text\/|json$|svg/;

/** The route to a document: with a tag by which it is known again, compressed once for all who take that. */
export function documentRoute({ path, type, policy, content, source, immutableBelow }: Document): OwnRoute {
  let made: { content: Buffer; headers: string[] } | undefined;
  const make = () => {
    const whole = content();
    const tag = createHash("sha256").update(source ?? whole);
    return { content: whole, headers: [...policy, "etag", `"${tag.digest("base64url").slice(0, 22)}"`] };
  };
  const isCompressible = COMPRESSIBLE.test(type);
  const described = ["content-type", isCompressible ? `${type}; charset=utf-8` : type];
  if (isCompressible) described.push("vary", "accept-encoding");
  return ownRoute(path, "caller", async (exchange: Exchange) => {
    made ??= make();
    const asked = exchange.request.headers;
    const isKept = immutableBelow !== undefined && exchange.request.url?.startsWith(immutableBelow);
    const headers = [...made.headers, ...(isKept ? KEPT : REVALIDATED)];
    if (isKnown(asked["if-none-match"], made.headers.at(-1))) {
      sendHead(exchange, 304, headers);
      exchange.response.end();
    } else if (isCompressible && acceptsGzip(asked["accept-encoding"])) {
      sendBody(exchange, 200, compressedHeaders([...headers, ...described]), await compressed(made.content));
    } else {
      sendBody(exchange, 200, [...headers, ...described], made.content);
    }
  });
}
