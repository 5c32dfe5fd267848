import { createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { type Asking, type ConnectionPool, connectionPool } from "./connection-pool.ts";
import type { UpstreamRequest } from "./request-head.ts";
import type { RawHeaders } from "./response-head.ts";

/** A server that does with every piece it receives what `react` says; `pieces` counts from 1 on each connection. */
export async function rawServer(t: TestContext, react: (socket: Socket, text: string, pieces: number) => void) {
  const received: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    let pieces = 0;
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (data) => {
      received.push(data.toString("latin1"));
      react(socket, data.toString("latin1"), ++pieces);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const pool = (most = 1, patience?: number) => {
    const made = connectionPool({ host: "127.0.0.1", port }, most, { patience });
    t.after(() => made.destroy());
    return made;
  };
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port, received, sockets, pool };
}

export type Got = { status: number; headers: RawHeaders; body: string };

const get: UpstreamRequest = { method: "GET", path: "/", headers: [], body: undefined };

/** Asks, and resolves with the whole answer or rejects with what went wrong. */
export function ask(pool: ConnectionPool, request: Partial<UpstreamRequest> = {}, onAsking?: (asking: Asking) => void) {
  const { promise, resolve, reject } = Promise.withResolvers<Got>();
  const got: Got = { status: 0, headers: [], body: "" };
  const asking = pool.ask(
    { ...get, ...request },
    {
      onHead({ status, headers }, body = "") {
        Object.assign(got, { status, headers, body });
      },
      onData(data) {
        got.body += data.toString("latin1");
        return true;
      },
      onEnd: () => resolve(got),
      onError: reject,
    },
  );
  onAsking?.(asking);
  return promise;
}

export const answer = (body: string, ...headers: string[]): string =>
  ["HTTP/1.1 200 OK", `content-length: ${body.length}`, ...headers, "", body].join("\r\n");
