import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Socket } from "node:net";

/* The product as a service of ours offers it: over HTTP, and over a connection that requests share (decision 0114). It does nothing else, so
that it is the gateway which is measured. */

const PROTOCOL = "flotilla-calls/1";
const HEADER = 13;
const Kind = { request: 1, answer: 2, last: 4 } as const;
const product = readFileSync(new URL("./product.json", import.meta.url), "utf8").trim();
const common = { "content-type": "application/json", etag: '"3.1"' };
const head = ["200", ...Object.entries(common).flat()].join("\n");
const frame = Buffer.concat([Buffer.alloc(HEADER), Buffer.from(head + product)]);
frame.writeUInt8(Kind.answer, 0);
frame.writeUInt32BE(head.length, 5);
frame.writeUInt32BE(product.length, 9);

function answerTo(id: number): Buffer {
  const answer = Buffer.from(frame);
  answer.writeUInt32BE(id, 1);
  return answer;
}

/** Answers every request with the product, those that came together with one write. */
function serve(socket: Socket): void {
  let kept = Buffer.alloc(0);
  socket.on("data", (bytes: Buffer) => {
    const received = Buffer.concat([kept, bytes]);
    const answers: Buffer[] = [];
    let at = 0;
    while (received.length - at >= HEADER) {
      const end = at + HEADER + received.readUInt32BE(at + 5) + received.readUInt32BE(at + 9);
      if (end > received.length) break;
      if (received[at] === Kind.request) answers.push(answerTo(received.readUInt32BE(at + 1)));
      if (received[at] === Kind.last) socket.end();
      at = end;
    }
    kept = received.subarray(at);
    if (answers.length > 0) socket.write(Buffer.concat(answers));
  });
  socket.on("error", () => socket.destroy());
}

const server = createServer((_, response) => {
  const headers = { ...common, "content-length": product.length, "x-service": "products", "x-multiplex": PROTOCOL };
  response.writeHead(200, headers).end(product);
});
server.on("upgrade", (_, socket: Socket) => {
  const lines = ["Connection: Upgrade", `Upgrade: ${PROTOCOL}`, "X-Service: products", "", ""];
  socket.write(["HTTP/1.1 101 Switching Protocols", ...lines].join("\r\n"));
  serve(socket.setNoDelay(true));
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }, () => {
  const address = server.address();
  process.send?.(address && typeof address === "object" ? address.port : 0);
});
