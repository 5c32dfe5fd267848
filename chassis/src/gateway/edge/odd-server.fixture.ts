import { createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";

/** Something at a port that is not an HTTP service of ours: it does with each connection what `react` says. */
export async function oddServer(t: TestContext, react: (socket: Socket, first: string) => void) {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on("error", () => {});
    socket.once("data", (data) => react(socket, data.toString()));
    t.after(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, connections: () => connections };
}
