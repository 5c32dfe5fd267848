// Express + http-proxy-middleware + jsonwebtoken + express-rate-limit + morgan, as their READMEs show them.
import { randomBytes } from "node:crypto";
import { Agent } from "node:http";
import express from "express";
import { rateLimit } from "express-rate-limit";
import jsonwebtoken from "jsonwebtoken";
import morgan from "morgan";

// Version 4 keeps connections to the service by default, version 3 only when it is given an agent that does.
const { UPSTREAM, SECRET, TUNED, PROXY = "http-proxy-middleware" } = process.env;
const { createProxyMiddleware } = await import(PROXY);
const app = express();
app.use(morgan("combined"));
app.use(rateLimit({ windowMs: 60_000, limit: 1e9, standardHeaders: "draft-8", legacyHeaders: false }));
app.use((request, response, next) => {
  try {
    request.user = jsonwebtoken.verify(request.headers.authorization?.slice(7) ?? "", SECRET, {
      algorithms: ["HS256"],
    });
    next();
  } catch {
    response.status(401).end();
  }
});
app.use(
  "/api",
  createProxyMiddleware({
    target: UPSTREAM,
    ...(TUNED ? { agent: new Agent({ keepAlive: true, maxSockets: 64 }) } : {}),
    on: {
      proxyReq: (request) =>
        request.setHeader("traceparent", `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`),
    },
  }),
);
const server = app.listen(0, "127.0.0.1", () => process.send?.(server.address().port));
