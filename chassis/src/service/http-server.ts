import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { SERVICE_HEADER } from "../client/answers-as.ts";
import { parseJson } from "../contract/json.ts";
import { problemHeaders, problemOf } from "../contract/problem.ts";
import { Failure, failureFrom, invalidInput, notFound, tooLarge, unsupportedMediaType } from "../core/failure.ts";
import { newId } from "../core/id.ts";
import type { BrokerState } from "../messaging/broker.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { countRequests } from "./count-requests.ts";
import { refuseAmbiguous } from "./unambiguous.ts";

const DEFAULT_BODY_LIMIT = 64 * 1024;
const REQUEST_ID = /^[A-Za-z0-9._-]{1,100}$/;

/** How a service is. */
export type Health = {
  readonly service: string;
  /** Whether it takes work: it has started, and is not draining. */
  ready(): boolean;
  /** Whether it finishes what is under way and wants no more. */
  draining(): boolean;
  /** Whether it could answer right now: what it can't work without, its database, answers, and its event loop did not stand still just now. */
  reachable(): Promise<boolean>;
  /** How its broker is. Told, but no reason not to be ready: events wait in the outbox, and calls are answered all the same. */
  broker?(): BrokerState;
};

/** Makes the HTTP server of a service: JSON in with our parser, problems out, health answers, metrics, strict parsing and routing. */
export function createHttpServer(health: Health, log: Log, metrics: Metrics): FastifyInstance {
  const answerFailure = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const failure = failureFromFastify(error as FastifyError);
    if (failure.kind === "bug") log.error({ err: failure.cause ?? failure, requestId: request.id }, "a request failed");
    return reply
      .code(failure.status)
      .headers({ ...problemHeaders(failure), "content-type": "application/problem+json" })
      .serializer(JSON.stringify)
      .send(problemOf(failure, request.id));
  };
  const server = Fastify({
    bodyLimit: DEFAULT_BODY_LIMIT,
    // How long a request may take to come in; what its answer may take is each call's own.
    requestTimeout: 30_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 5_000, maxHeaderSize: 16 * 1024 },
    keepAliveTimeout: 30_000,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    genReqId: ({ headers }) => {
      const given = headers["x-request-id"];
      return typeof given === "string" && REQUEST_ID.test(given) ? given : newId();
    },
    routerOptions: { caseSensitive: true, maxParamLength: 200 },
    // What is refused before there is a route, such as a path with bad escapes.
    frameworkErrors: answerFailure,
  });
  refuseAmbiguous(server);
  countRequests(server, metrics);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body.length === 0 ? undefined : parseJson(body as Buffer)),
  );
  server.setNotFoundHandler(() => {
    throw notFound.failure();
  });
  server.setErrorHandler(answerFailure);
  server.addHook("onSend", (_request, reply, payload, done) => {
    reply.header(SERVICE_HEADER, health.service);
    // Callers keep their connections: tell them to let go while we drain (fastify#7044).
    if (health.draining()) reply.header("connection", "close");
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
      return tooLarge.failure({ cause: error, errors: [{ path: "", message: "is too large" }] });
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return unsupportedMediaType.failure({ cause: error });
    default:
      if (error.statusCode !== undefined && error.statusCode < 500) return invalidInput.failure({ cause: error });
      return failureFrom(error);
  }
}
