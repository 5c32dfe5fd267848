import assert from "node:assert/strict";
import { test } from "node:test";
import { answerJson } from "../../testing/servers/http-server.ts";
import { gatewayTo, libraryServer, sendBytes } from "../gateway.fixture.ts";

const inner = "GET /api/books/smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
const get = (...lines: string[]) => ["GET /api/books HTTP/1.1", ...lines, "", ""].join("\r\n");
const post = (...lines: string[]) => ["POST /api/auth/login HTTP/1.1", "Host: a", ...lines, "", ""].join("\r\n");

const refused: Record<string, string> = {
  "Content-Length and Transfer-Encoding": `${post("Content-Length: 4", "Transfer-Encoding: chunked")}0\r\n\r\n${inner}`,
  "Transfer-Encoding and Content-Length": `${post("Transfer-Encoding: chunked", "Content-Length: 4")}0\r\n\r\n${inner}`,
  "two different Content-Length": `${post("Content-Length: 2", "Content-Length: 40")}{}${inner}`,
  "twice the same Content-Length": `${post("Content-Length: 2", "Content-Length: 2")}{}${inner}`,
  "a list of Content-Length": `${post("Content-Length: 2, 2")}{}${inner}`,
  "a Content-Length that is no number": `${post("Content-Length: +2")}{}${inner}`,
  "chunked hidden behind another encoding": `${post("Transfer-Encoding: chunked, identity")}0\r\n\r\n${inner}`,
  "chunked with a stray character": `${post("Transfer-Encoding: xchunked")}0\r\n\r\n${inner}`,
  "a space before the colon": `${post("Content-Length : 2")}{}${inner}`,
  "two Hosts": get("Host: a", "Host: b"),
  "no Host": get(),
  "bare LF between header lines": `GET /api/books HTTP/1.1\nHost: a\n\n${inner}`,
  "bare CR in a header": get("Host: a", "Accept: a\rX-Other: b"),
  "a folded header": get("Host: a", "Accept: a,", " b"),
  "a NUL in a header": get("Host: a", "Accept: a\0b"),
  "the absolute form": "GET http://other.example/api/books HTTP/1.1\r\nHost: a\r\n\r\n",
  "an upgrade to HTTP/2": get(
    "Host: a",
    "Connection: Upgrade, HTTP2-Settings",
    "Upgrade: h2c",
    "HTTP2-Settings: AAMAAABk",
  ),
  "HTTP/2 itself": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "a chunk size that is no number": `${post("Transfer-Encoding: chunked")}zz\r\n{}\r\n0\r\n\r\n`,
  "headers of 64 kB": get("Host: a", `Accept: ${"x".repeat(64 * 1024)}`),
  "no HTTP at all": "hello\r\n\r\n",
};

for (const [title, bytes] of Object.entries(refused)) {
  test(`${title}: a 4xx problem, the connection ends, the service sees nothing of it or of what is behind it`, async (t) => {
    const service = await libraryServer(t, (_, response) => answerJson(response, 200, {}));
    const { url } = await gatewayTo(t, [service.url]);
    const answer = await sendBytes(url, bytes + inner);
    assert.match(answer, /^HTTP\/1\.1 4\d\d /);
    assert.match(answer, /connection: close/i);
    assert.match(answer, /"code":"(malformed_request|headers_too_large)"/);
    assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1, "there is one answer");
    assert.equal(service.requests.length, 0);
  });
}

const judged = {
  "two Hosts": ["Host: a", "Host: b"],
  "no Host": [],
  "a Host that is none": ["Host: a, b"],
  "a doubled Authorization": ["Host: a", "Authorization: Bearer ann", "Authorization: Bearer root"],
  "an upgrade": ["Host: a", "Connection: Upgrade", "Upgrade: websocket"],
};

for (const [title, lines] of Object.entries(judged)) {
  for (const asked of [
    "GET /nothing",
    "GET /api/books/",
    "DELETE /api/books",
    "OPTIONS /api/books",
    "GET /health",
    "GET /%zz",
  ]) {
    test(`${title} is refused before ${asked} is looked at, and the connection ends`, async (t) => {
      const { url, requestLines } = await gatewayTo(t, [], { corsOrigins: ["https://a.example"] });
      const preflight = ["Origin: https://a.example", "Access-Control-Request-Method: PUT"];
      const bytes = [`${asked} HTTP/1.1`, ...lines, ...preflight, "", ""].join("\r\n");
      const answer = await sendBytes(url, bytes + inner);
      assert.match(answer, /^HTTP\/1\.1 400 /);
      assert.match(answer, /"code":"malformed_request"/);
      assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1);
      assert.equal(requestLines().length, 1);
    });
  }
}

test("a request of HTTP/1.0 needs no Host, and its connection ends with the answer", async (t) => {
  const { url } = await gatewayTo(t, []);
  assert.match(await sendBytes(url, "GET /health HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 200 .*"healthy"/s);
});

test("CONNECT is no way through", async (t) => {
  const { url } = await gatewayTo(t, []);
  assert.match(await sendBytes(url, "CONNECT other.example:80 HTTP/1.1\r\nHost: a\r\n\r\n"), /^HTTP\/1\.1 400 /);
});

test("two requests on one connection are two requests for the service", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 200, {}));
  const { url } = await gatewayTo(t, [service.url]);
  await sendBytes(url, `${get("Host: a")}${get("Host: a", "Connection: close")}`);
  assert.deepEqual(
    service.requests.map((request) => request.url),
    ["/books", "/books"],
  );
});

test("garbage behind a request that waits for its answer is not answered in its place", async (t) => {
  const service = await libraryServer(t, () => {});
  const { url } = await gatewayTo(t, [service.url]);
  assert.equal(await sendBytes(url, `${get("Host: a")}garbage\r\n\r\n`), "");
});
