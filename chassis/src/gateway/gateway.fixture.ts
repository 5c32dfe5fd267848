import assert from "node:assert/strict";
import { connect } from "node:net";
import type { TestContext } from "node:test";
import { type TObject, Type } from "typebox";
import { call } from "../contract/call.ts";
import { contract } from "../contract/contract.ts";
import { Fields, Media, Text } from "../contract/schema.ts";
import { tokenInvalid } from "../core/failure/failure.ts";
import { staticDiscovery } from "../discovery/static.ts";
import type { Caller } from "../identity/caller.ts";
import { createLog } from "../telemetry/log.ts";
import { type HttpServer, httpServer } from "../testing/servers/http-server.ts";
import { createGateway, type GatewayOptions } from "./gateway.ts";

const Book = Fields({ id: Type.String() });
const body = Fields({ title: Text(1_000_000) });
const reads = (...names: string[]): TObject =>
  Type.Object(Object.fromEntries(names.map((name) => [name, Type.Optional(Type.String())])));

/** A service with a call of each kind. */
export const library = contract("library", {
  calls: {
    listBooks: call("GET /books", {
      summary: "All",
      access: "public",
      headers: reads("if-none-match"),
      replies: { 200: Book },
    }),
    getBook: call("GET /books/{id}", { summary: "One", access: "public", replies: { 200: Book } }),
    newest: call("GET /books/newest", { summary: "Newest", access: "public", replies: { 200: Book } }),
    addBook: call("POST /books", { summary: "Add", access: "admin", body, replies: { 201: Book } }),
    lend: call("POST /loans", {
      summary: "Lend",
      access: "customer",
      idempotencyKey: "optional",
      body,
      replies: { 201: Book },
    }),
    upload: call("PUT /scans/{id}", {
      summary: "Scan",
      access: "public",
      body,
      bodyLimit: 1_000_000,
      replies: { 200: Book },
    }),
    slow: call("GET /slow", { summary: "Slow", access: "public", timeout: 100, replies: { 200: Book } }),
    news: call("GET /news", {
      summary: "News",
      access: "public",
      timeout: 0,
      replies: { 200: Media("text/event-stream") },
    }),
    login: call("POST /auth/login", { summary: "Sign in", access: "public", body, replies: { 200: Book } }),
    keys: call("GET /.well-known/jwks.json", { summary: "Keys", access: "public", replies: { 200: Book } }),
    count: call("GET /book-count", { summary: "Count", access: "internal", replies: { 200: Book } }),
  },
  events: {},
});

/** A server that says of all its answers that they are from the library. */
export const libraryServer = (t: TestContext, answer: Parameters<typeof httpServer>[1]): Promise<HttpServer> =>
  httpServer(t, answer, "library");

const callers: Record<string, Caller> = {
  ann: { kind: "user", id: "ann", name: "Ann", role: "customer", session: "s1" },
  root: { kind: "user", id: "root", name: "Root", role: "admin", session: "s2" },
  robot: { kind: "service", name: "orders" },
};

/** What the gateway wrote to its log, line by line. */
export type LogLine = Record<string, unknown>;

/** A gateway before the instances of the library at `origins`; the tokens are `ann` (a customer), `root` and `robot`. */
export async function gatewayTo(t: TestContext, origins: readonly string[], options: Partial<GatewayOptions> = {}) {
  const lines: LogLine[] = [];
  const write = (line: string) => lines.push(JSON.parse(line));
  const gateway = createGateway({
    title: "Library",
    version: "1.0.0",
    contracts: [library],
    discovery: staticDiscovery({ library: origins }),
    verify: async (token) => {
      const caller = callers[token];
      if (!caller) throw tokenInvalid.failure();
      return caller;
    },
    log: createLog({ service: "gateway", level: "info", destination: { write } }),
    drainTimeout: 2_000,
    ...options,
  });
  const url = await gateway.listen({ host: "127.0.0.1", port: 0 });
  t.after(() => gateway.close());
  return { url, gateway, lines, requestLines: () => lines.filter(({ msg }) => msg === "request") };
}

/** The headers of a request with a token. */
export const as = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** Sends bytes as they are, and resolves with all that comes back until the connection is closed, which takes nobody 10 seconds. */
export function sendBytes(url: string, bytes: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let received = "";
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
  socket.setEncoding("latin1");
  socket.on("data", (text) => {
    received += text;
  });
  socket.on("error", () => {});
  socket.setTimeout(10_000, () => socket.destroy());
  socket.on("close", () => resolve(received));
  socket.write(Buffer.from(bytes, "latin1"));
  return promise;
}

/** The JSON of an answer. */
export const bodyOf = async (response: Response) => (await response.json()) as Record<string, unknown>;

/** The problem an answer holds; it names the request and tells nothing of what is behind the gateway. */
export async function problemOf(response: Response) {
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  const problem = await bodyOf(response);
  assert.equal(problem["status"], response.status);
  assert.equal(problem["instance"], response.headers.get("x-request-id"));
  assert.doesNotMatch(JSON.stringify(problem), /127\.0\.0\.1|ECONN|\.ts|node_modules|garbage/);
  return problem;
}
