// Fastify + @fastify/http-proxy + @fastify/jwt + @fastify/rate-limit, as their READMEs show them; one line of log for a request.
import { randomBytes } from "node:crypto";
import proxy from "@fastify/http-proxy";
import jwt from "@fastify/jwt";
import limit from "@fastify/rate-limit";
import Fastify from "fastify";

// Tuned: a token is verified once, and as many connections to the service as there are clients.
const { UPSTREAM, SECRET, TUNED } = process.env;
const app = Fastify({ logger: true, disableRequestLogging: true });
await app.register(limit, { max: 1e9, timeWindow: "1 minute" });
await app.register(jwt, { secret: SECRET, ...(TUNED ? { verify: { cache: true } } : {}) });
app.addHook("onResponse", async (request, reply) => {
  request.log.info({ method: request.method, status: reply.statusCode, duration: reply.elapsedTime }, "request");
});
await app.register(proxy, {
  upstream: UPSTREAM,
  prefix: "/api",
  rewritePrefix: "",
  preHandler: (request) => request.jwtVerify(),
  ...(TUNED ? { undici: { connections: 64, pipelining: 1 } } : {}),
  replyOptions: {
    rewriteRequestHeaders: (_, headers) => ({
      ...headers,
      traceparent: `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`,
    }),
  },
});
await app.listen({ port: 0, host: "127.0.0.1" });
process.send?.(app.server.address().port);
