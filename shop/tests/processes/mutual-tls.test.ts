import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { type RequestOptions, request } from "node:https";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { systemClock } from "@flotilla/chassis/service";
import { fileCleanup } from "@flotilla/chassis/testing";
import { readServiceKey } from "../../../chassis/src/identity/keys/key-files.ts";
import { serviceTokens } from "../../../chassis/src/identity/tokens/service-token.ts";
import { outcomesOf } from "../../../chassis/src/testing/open-loop.ts";
import { certificatesIn } from "../../../chassis/src/topology/certificates/prepare-certificates.ts";
import { rotateCertificates } from "../../../chassis/src/topology/certificates/rotate-certificates.ts";
import { shop as topology } from "../../topology.ts";
import { assertBooksAgree, waitUntilSettled } from "./fixtures/books.ts";
import { runShop, shopFolder } from "./fixtures/running-shop.ts";
import { sendTraffic } from "./fixtures/shop-traffic.ts";

const dataFolder = await shopFolder(fileCleanup);
const shop = await runShop(fileCleanup, { dataFolder, environment: { SERVICE_TLS: "on" } });
const keys = join(dataFolder, "keys");
const { certificateFile } = certificatesIn(keys);

const urlOf = async (service: string): Promise<URL> => new URL((await shop.where()).services[service]?.[0]?.url ?? "");

/** Asks an instance with the certificate of a service, or without one. */
async function ask(service: string, path: string, as?: string, headers: RequestOptions["headers"] = {}) {
  const { hostname: host, port } = await urlOf(service);
  const pem = as === undefined ? undefined : await readFile(certificateFile(as), "utf8");
  const shown = pem === undefined ? {} : { key: pem, cert: pem };
  const asked = request({ host, port, path, headers, ...shown, rejectUnauthorized: false, agent: false });
  asked.end();
  const answers = ["response", "upgrade"].map((event) => once(asked, event) as Promise<[IncomingMessage]>);
  const [{ statusCode, headers: answered }] = await Promise.race(answers);
  asked.destroy();
  return { status: statusCode, connection: answered.connection };
}

const tokenOf = async (service: string, audience: string): Promise<string> =>
  serviceTokens({ name: service, key: await readServiceKey(join(keys, `${service}.json`), service) })(audience);

test("all addresses of services but the gateway's are of TLS, and orders go through", async () => {
  const { services, gateway } = await shop.where();
  for (const [name, [instance]] of Object.entries(services)) {
    assert.equal(new URL(instance?.url ?? "").protocol, name === "gateway" ? "http:" : "https:", name);
  }
  assert.ok(gateway.startsWith("http:"));
  const admin = await shop.admin();
  const lamp = await admin.addProduct({ name: "Lamp", price: 1_000 }, 10);
  const ann = await shop.visitor().register("Ann", "ann@tls.example");
  assert.equal((await ann.order(lamp.id, 1)).status, "confirmed");
});

test("a caller without a certificate is refused everything but how the service is", async () => {
  for (const path of ["/products", "/orders", "/nowhere", "/healthy"]) {
    assert.deepEqual(await ask("products", path), { status: 403, connection: "close" }, path);
  }
  for (const path of ["/health", "/health/live", "/health/ready", "/metrics"]) {
    assert.equal((await ask("products", path)).status, 200, path);
  }
});

test("a service is believed its token only over a connection of its own", async () => {
  const headers = { authorization: `Bearer ${await tokenOf("orders", "products")}` };
  const path = "/product-summaries?ids=none";
  assert.equal((await ask("products", path, "orders", headers)).status, 200);
  assert.equal((await ask("products", path, "email", headers)).status, 403);
  assert.equal((await ask("products", path, undefined, headers)).status, 403);
  const upgrade = { ...headers, connection: "Upgrade", upgrade: "flotilla-calls/1" };
  assert.equal((await ask("products", "/calls", "orders", upgrade)).status, 101);
  assert.equal((await ask("products", "/calls", "email", upgrade)).status, 403);
  assert.equal((await ask("products", "/calls", undefined, upgrade)).status, 403);
});

test("operators' commands get in", async () => {
  const command = fileURLToPath(new URL("../../commands/operate/sagas.ts", import.meta.url));
  const env = { ...process.env, DATA_DIR: dataFolder };
  const { stdout } = await promisify(execFile)(process.execPath, [command, "list"], { env });
  assert.match(stdout, /fulfil order/);
});

test("while all certificates are replaced no request fails", async (t) => {
  const before = await readFile(certificateFile("orders"), "utf8");
  const traffic = await sendTraffic(t, shop, { perSecond: 20 });
  await rotateCertificates(keys, topology.services, { clock: systemClock });
  const sent = traffic.sent();
  while (traffic.sent() < sent + 50) await systemClock.sleep(50);
  const samples = await traffic.stop();
  assert.deepEqual(outcomesOf(samples), { ok: samples.length });
  assert.notEqual(await readFile(certificateFile("orders"), "utf8"), before);
  await waitUntilSettled(shop);
  await assertBooksAgree(shop);
});
