import type { FastifyInstance } from "fastify";
import { listenOnInherited } from "../gateway/server.ts";
import type { HostSettings } from "./settings.ts";

/** Listens where the settings say: at an address, or on a socket that was inherited. Resolves with `http://host:port`. */
export async function listen(server: FastifyInstance, { HOST, PORT, LISTEN_FD }: HostSettings): Promise<string> {
  if (LISTEN_FD === undefined) return server.listen({ host: HOST, port: PORT });
  await server.ready();
  return listenOnInherited(server.server, HOST, LISTEN_FD);
}
