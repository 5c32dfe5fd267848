import { connect } from "node:net";

/** Longer than any answer takes. */
const PATIENCE = 10_000;

/** Sends bytes as they are; resolves with all that came back when the connection was closed, or it was quiet for a while. */
export function sendBytes(base: string, bytes: string): Promise<{ text: string; closed: boolean }> {
  const { promise, resolve } = Promise.withResolvers<{ text: string; closed: boolean }>();
  let text = "";
  const socket = connect(Number(new URL(base).port), "127.0.0.1");
  let whole = setTimeout(() => done(false), PATIENCE);
  const done = (closed: boolean) => {
    clearTimeout(whole);
    socket.destroy();
    resolve({ text, closed });
  };
  socket.setEncoding("latin1");
  socket.on("data", (part) => {
    text += part;
    clearTimeout(whole);
    whole = setTimeout(() => done(false), 300);
  });
  socket.on("error", () => {});
  socket.on("close", () => done(true));
  socket.write(Buffer.from(bytes, "latin1"));
  return promise;
}

/** A request for a list that everybody may read. */
export const get = (...lines: string[]) => ["GET /api/products HTTP/1.1", ...lines, "", ""].join("\r\n");
export const post = (...lines: string[]) => ["POST /api/auth/login HTTP/1.1", "Host: a", ...lines, "", ""].join("\r\n");
/** What somebody hides in another request. */
export const inner = "GET /api/products/smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

/** Bytes that two readers could take for two things. */
export const smuggling: Record<string, string> = {
  "CL and TE": `${post("Content-Length: 4", "Transfer-Encoding: chunked")}0\r\n\r\n${inner}`,
  "TE and CL": `${post("Transfer-Encoding: chunked", "Content-Length: 5")}0\r\n\r\n${inner}`,
  "two TE": `${post("Transfer-Encoding: chunked", "Transfer-Encoding: identity")}0\r\n\r\n${inner}`,
  "TE with a tab": `${post("Transfer-Encoding:\tchunked", "Content-Length: 5")}0\r\n\r\n${inner}`,
  "TE behind a space": `${post("Transfer-Encoding : chunked")}0\r\n\r\n${inner}`,
  "TE xchunked": `${post("Transfer-Encoding: xchunked")}0\r\n\r\n${inner}`,
  "TE in a folded line": `${post("X: a", " Transfer-Encoding: chunked")}0\r\n\r\n${inner}`,
  "two CL": `${post("Content-Length: 2", "Content-Length: 60")}{}${inner}`,
  "twice the same CL": `${post("Content-Length: 2", "Content-Length: 2")}{}${inner}`,
  "a negative CL": `${post("Content-Length: -1")}${inner}`,
  "a CL with a sign": `${post("Content-Length: +2")}{}${inner}`,
  "a CL in hex": `${post("Content-Length: 0x2")}{}${inner}`,
  "a CL of text": `${post("Content-Length: two")}{}${inner}`,
  "a huge CL": post("Content-Length: 99999999999999999999999999"),
  "a chunk size of nonsense": `${post("Transfer-Encoding: chunked")}zz\r\n{}\r\n0\r\n\r\n${inner}`,
  "a chunk size that overflows": `${post("Transfer-Encoding: chunked")}fffffffffffffffff1\r\n{}\r\n0\r\n\r\n${inner}`,
  "a chunk without its end": `${post("Transfer-Encoding: chunked")}2\r\n{}XX0\r\n\r\n${inner}`,
  "bare LF": `GET /api/products HTTP/1.1\nHost: a\n\n${inner}`,
  "bare LF in the middle": `GET /api/products HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n${inner}`,
  "bare CR": get("Host: a", "Accept: a\rX-A: b"),
  "obs-fold": get("Host: a", "Accept: a,", " b"),
  "a NUL in a value": get("Host: a", "Accept: a\0b"),
  "a header without a name": get("Host: a", ": b"),
  "a space in a name": get("Host: a", "X A: b"),
  "two Hosts": get("Host: a", "Host: b"),
  "no Host": get(),
  "absolute form": "GET http://internal.example/api/products HTTP/1.1\r\nHost: a\r\n\r\n",
  "absolute form of the service": "GET http://127.0.0.1:1/api/products HTTP/1.1\r\nHost: a\r\n\r\n",
  "an upgrade to h2c": get("Host: a", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMA"),
  "an upgrade to a websocket": get("Host: a", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: eA=="),
  "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "HTTP/0.9": "GET /api/products\r\n\r\n",
  "HTTP/3.7": "GET /api/products HTTP/3.7\r\nHost: a\r\n\r\n",
  "a method of control characters": "G\x01T /api/products HTTP/1.1\r\nHost: a\r\n\r\n",
  "64 kB in one header": get("Host: a", `Accept: ${"x".repeat(64 * 1024)}`),
  "64 kB in many headers": get("Host: a", ...Array.from({ length: 4_000 }, (_, n) => `X-${n}: 0123456`)),
  "a target of 64 kB": `GET /api/products?search=${"x".repeat(64 * 1024)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  nothing: "\0\0\0\0\r\n\r\n",
};

/** Paths around a service's `/products` that some reader could take for another one. */
export const oddPaths = [
  ...[
    "/products/..%2fusers",
    "/products/%2e%2e/users",
    "/products/../users",
    "/./products",
    "//products",
    "/products/.",
  ],
  ...[
    "/products;a=1",
    "/products%3ba=1",
    "\\products",
    "%5cproducts",
    "/products/%252e%252e/users",
    "/products/%252fx",
  ],
  ...["/products/a%2fb", "/products/%00", "/products/a%0d%0ab", "/products/%", "/products/%zz", "/products/%c3"],
  ...["/products/%ed%a0%80", "/products/a%23b", "/products/", "/Products", "/products/x/"],
];

/** The statuses of all answers that came back. */
export const statusesOf = (text: string): number[] =>
  Array.from(text.matchAll(/HTTP\/1\.1 (\d{3})/g), ([, status]) => Number(status));
