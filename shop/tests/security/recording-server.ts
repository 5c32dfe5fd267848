import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import type { Cleanup } from "@flotilla/chassis/testing";

/** A server that keeps every byte it gets, and answers each request that it can make out with the same JSON. */
export type RecordingServer = {
  readonly url: string;
  /** All bytes so far, as Latin-1. */
  received(): string;
  forget(): void;
  connections(): number;
};

const HEAD_END = "\r\n\r\n";

/** Starts one on a free port of this machine; it stops with the test. */
export async function recordingServer(t: Cleanup, json = "{}"): Promise<RecordingServer> {
  let received = "";
  let connections = 0;
  const sockets = new Set<Socket>();
  const answer = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n${json}`;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    let unread = "";
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      const text = bytes.toString("latin1");
      received += text;
      unread += text;
      for (let end = endOfRequest(unread); end > 0; end = endOfRequest(unread)) {
        unread = unread.slice(end);
        socket.write(answer);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => received,
    forget() {
      received = "";
    },
    connections: () => connections,
  };
}

/** Where the first whole request ends; 0 when there is none yet. Chunked bodies end with their last chunk. */
function endOfRequest(text: string): number {
  const head = text.indexOf(HEAD_END);
  if (head === -1) return 0;
  const body = head + HEAD_END.length;
  if (/^transfer-encoding: *chunked/im.test(text.slice(0, head))) {
    const last = text.indexOf(`0${HEAD_END}`, body);
    return last === -1 ? 0 : last + 1 + HEAD_END.length;
  }
  const length = Number(/^content-length: *(\d+)/im.exec(text.slice(0, head))?.[1] ?? 0);
  return text.length >= body + length ? body + length : 0;
}
