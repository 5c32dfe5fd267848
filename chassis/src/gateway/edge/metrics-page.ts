import { createServer } from "../../core/network/node-http.ts";
import { drain, listenOn } from "../../http/server.ts";
import type { Metrics } from "../../telemetry/metrics.ts";

/** Where the gateway's metrics are read. */
export type MetricsPage = { readonly url: string; close(): Promise<void> };

/** Milliseconds that a reader gets to finish. */
const PATIENCE = 1_000;

/**
 * Serves `GET /metrics` at an address of its own: what the world may ask is at another one. Several processes never share the address,
 * since each has numbers of its own.
 */
export async function serveMetrics(
  metrics: Metrics,
  { host, port }: { host: string; port: number },
): Promise<MetricsPage> {
  const server = createServer(async (request, response) => {
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    const text = await metrics.text().catch(() => undefined);
    if (text === undefined) response.writeHead(500).end();
    else response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
  });
  const url = await listenOn(server, host, port, true);
  return { url, close: () => drain(server, PATIENCE) };
}
