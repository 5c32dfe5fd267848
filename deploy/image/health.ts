import { get } from "node:http";
import { get as getSecurely } from "node:https";

/* Whether the service of this container is ready, for Docker's health checks: exits with 0 or 1. */
const address = { host: "127.0.0.1", port: Number(process.env["PORT"]), path: "/health", timeout: 2_000 };
// Services listen by TLS where they have certificates, the gateway does not. Who we are ourselves needs no proof.
const isSecure = process.env["TLS_CERTIFICATE_FILE"] && process.env["SERVICE"] !== "gateway";
const request = isSecure ? getSecurely({ ...address, rejectUnauthorized: false }) : get(address);
request.once("response", ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1));
request.once("timeout", () => process.exit(1));
request.once("error", () => process.exit(1));
