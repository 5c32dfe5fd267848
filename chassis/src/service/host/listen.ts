import type { FastifyInstance } from "fastify";
import { listenOnInherited } from "../../http/server.ts";
import type { HostSettings } from "./settings.ts";

/** Listens where the settings say: at an address, or on a socket that was inherited. Resolves with `http://host:port`, or `https:` with TLS. */
export async function listen(
  server: FastifyInstance,
  { HOST, PORT, LISTEN_FD, TLS_CERTIFICATE_FILE }: HostSettings,
): Promise<string> {
  const inScheme = (url: string) => (TLS_CERTIFICATE_FILE ? url.replace(/^http:/, "https:") : url);
  if (LISTEN_FD === undefined) return inScheme(await server.listen({ host: HOST, port: PORT }));
  await server.ready();
  return inScheme(await listenOnInherited(server.server, HOST, LISTEN_FD));
}
