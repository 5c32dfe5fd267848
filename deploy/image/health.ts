import { get } from "node:http";

/* Whether the service of this container is ready, for Docker's health checks: exits with 0 or 1. */
const request = get({ host: "127.0.0.1", port: Number(process.env["PORT"]), path: "/health", timeout: 2_000 });
request.once("response", ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1));
request.once("timeout", () => process.exit(1));
request.once("error", () => process.exit(1));
