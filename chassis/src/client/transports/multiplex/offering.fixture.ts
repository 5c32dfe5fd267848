import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { TestContext } from "node:test";
import { Cancellation } from "../../../core/cancellation.ts";
import { eventually } from "../../../testing/eventually.ts";
import type { Exchange } from "../../answers/exchange.ts";
import { createTransport } from "../transport.ts";
import { FrameKind, frameText, headOf, linesOf } from "./frame.ts";
import { frameReader } from "./frame-reader.ts";
import { OFFER_HEADER, PROTOCOL } from "./offer.ts";

export type Asked = { readonly id: number; readonly path: string; readonly socket: Socket };
type OnAsked = (asked: Asked) => void;

/** A server that offers multiplexed connections, and answers on them as a test likes. */
export async function offering(t: TestContext, onAsked: OnAsked, take = true) {
  const frames: { kind: number; id: number; path: string | undefined }[] = [];
  const sockets: Socket[] = [];
  let upgrades = 0;
  let overHttp = 0;
  const server = createServer((_request, response) => {
    overHttp += 1;
    response.writeHead(200, { [OFFER_HEADER]: PROTOCOL, "content-type": "application/json" }).end("{}");
  });
  server.on("upgrade", (_request: IncomingMessage, socket: Socket) => {
    upgrades += 1;
    sockets.push(socket);
    socket.on("error", () => socket.destroy());
    if (!take) {
      socket.end("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${PROTOCOL}\r\nx-service: things\r\n\r\n`,
    );
    const read = frameReader(2 ** 20, {
      onFrame(kind, id, head) {
        const path = linesOf(head)[1];
        frames.push({ kind, id, path });
        if (kind === FrameKind.request) onAsked({ id, path: path as string, socket });
      },
      onTooLarge() {},
    });
    socket.on("data", read);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, frames, sockets, upgrades: () => upgrades, overHttp: () => overHttp };
}

export const answer = (id: number, status: string, body = "{}", ...headers: string[]): string =>
  frameText(FrameKind.answer, id, headOf([status, ...headers]), body);

export const endless = new Cancellation();

export async function connected(t: TestContext, onAsked: OnAsked, largestAnswer = 1_000) {
  const server = await offering(t, onAsked);
  const transport = createTransport({ largestAnswer });
  t.after(() => transport.close());
  const send = (path: string, cancellation = endless): Promise<Exchange> => {
    const headers = ["authorization", "Bearer token"];
    return transport.send(
      server.url,
      { method: "GET", path, body: undefined, headers, canMultiplex: true },
      cancellation,
    );
  };
  await eventually(async () => {
    const before = server.overHttp();
    await send("/ready");
    return server.overHttp() === before;
  });
  return { ...server, transport, send };
}

/** Answers the question that {@link connected} asks, and leaves all others to the test. */
export const but =
  (onAsked: OnAsked): OnAsked =>
  (asked) => {
    if (asked.path === "/ready") asked.socket.write(answer(asked.id, "200"), "latin1");
    else onAsked(asked);
  };
