import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { parseJson } from "../../contract/validation/json.ts";
import { Failure, failureFrom, invalidInput, notFound, unsupportedMediaType } from "../../core/failure/failure.ts";
import { bodyTooLarge, DEFAULT_BODY_LIMIT } from "../../http/body-limit.ts";
import { refuseEncoded } from "../../http/content-encoding.ts";
import { requestIdOf } from "../../http/request-id.ts";
import { createHttpServer as serveHttp } from "../../http/server.ts";
import { SERVICE_HEADER } from "../../http/service-header.ts";
import { type Handle, refuseAmbiguous } from "../../http/unambiguous.ts";
import type { MutualTls } from "../../identity/mutual-tls.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { countRequests, type RequestCounter, requestCounter } from "../calls/count-requests.ts";
import { problemReply } from "../calls/reply.ts";
import type { Health } from "../host/health.ts";
import { wantsMultiplexed } from "../multiplex/accept-multiplexed.ts";
import { admitPeers } from "./admit-peers.ts";

/**
 * Makes the HTTP server of a service: JSON in with our parser, problems out, health answers, metrics, strict parsing and routing. `guard`
 * stands before what is done with requests.
 */
export function createHttpServer(
  health: Health,
  log: Log,
  metrics: Metrics,
  {
    counterOf = requestCounter(metrics),
    guard = (handle: Handle) => handle,
    tls,
  }: { counterOf?: RequestCounter; guard?: (handle: Handle) => Handle; tls?: MutualTls | undefined } = {},
): FastifyInstance {
  const answerFailure = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { status, headers, body } = problemReply(failureFromFastify(error as FastifyError), request.id, log);
    // What is refused before there is a route passes no hook. As bytes: to a text Fastify adds a charset, which problems have none of.
    return reply
      .code(status)
      .headers({ ...headers, [SERVICE_HEADER]: health.service })
      .send(Buffer.from(body));
  };
  const admit = admitPeers(tls, health.service);
  const server = Fastify({
    bodyLimit: DEFAULT_BODY_LIMIT,
    // How long a request may take to come in; what its answer may take is each call's own.
    serverFactory: (handle) =>
      serveHttp(refuseAmbiguous(admit(guard(handle)), health.service), {
        requestTimeout: 30_000,
        keepAliveTimeout: 30_000,
        upgrades: wantsMultiplexed,
        create: tls?.createServer,
      }),
    // The server itself answers what is not HTTP.
    clientErrorHandler: () => {},
    forceCloseConnections: "idle",
    return503OnClosing: false,
    genReqId: ({ headers }) => requestIdOf(headers),
    routerOptions: { caseSensitive: true, maxParamLength: 200 },
    // What is refused before there is a route, such as a path with bad escapes.
    frameworkErrors: answerFailure,
  });
  countRequests(server, counterOf);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, ({ headers }, body, done) => {
    refuseEncoded(headers);
    done(null, body.length === 0 ? undefined : parseJson(body as Buffer));
  });
  server.setNotFoundHandler(() => {
    throw notFound.failure();
  });
  server.setErrorHandler(answerFailure);
  server.addHook("onSend", ({ socket }, reply, payload, done) => {
    reply.header(SERVICE_HEADER, health.service);
    // Callers keep their connections: tell them to let go while we drain (fastify#7044).
    if (health.draining() || tls?.isOutdated(socket)) reply.header("connection", "close");
    done(null, payload);
  });
  addHealthRoutes(server, health);
  server.get("/metrics", async (_request, reply) =>
    reply.type("text/plain; version=0.0.4; charset=utf-8").send(await metrics.text()),
  );
  return server;
}

function addHealthRoutes(server: FastifyInstance, health: Health): void {
  const { service } = health;
  const answer = (healthy: boolean) => ({ status: healthy ? "healthy" : "unavailable", service });
  const broker = () => (health.broker ? { broker: health.broker() } : {});
  server.get("/health/live", async () => answer(true));
  for (const path of ["/health", "/health/ready"]) {
    server.get(path, async (_request, reply) => {
      const healthy = health.ready() && (await health.reachable());
      return reply.code(healthy ? 200 : 503).send({ ...answer(healthy), ...broker() });
    });
  }
}

/** Fastify's own refusals of a request, in our words. */
function failureFromFastify(error: FastifyError | Failure): Failure {
  if (error instanceof Failure) return error;
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return bodyTooLarge(error);
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return unsupportedMediaType.failure({ cause: error });
    default:
      if (error.statusCode !== undefined && error.statusCode < 500) return invalidInput.failure({ cause: error });
      return failureFrom(error);
  }
}
