import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { Fields, Id } from "../../contract/schema.ts";
import { ConfigurationError } from "../../core/configuration/config.ts";
import { staticDiscovery } from "../../discovery/static.ts";
import { newServiceKey } from "../../identity/keys/signing-key.ts";
import { startGateway as start } from "./start-gateway.ts";

const folder = await mkdtemp(join(tmpdir(), "gateway-"));
after(() => rm(folder, { recursive: true }));
const keyFile = join(folder, "gateway.json");
await writeFile(keyFile, JSON.stringify((await newServiceKey("gateway")).privateJwk));
const environment = { LOG_LEVEL: "silent", SERVICE_KEY_FILE: keyFile };

const Book = Fields({ id: Id });
const books = contract("books", {
  calls: {
    addBook: call("POST /books", { access: "customer", body: Book, replies: { 201: Book } }),
    listBooks: call("GET /books", { access: "public", replies: { 200: Book } }),
    countBooks: call("GET /book-counts/{id}", { access: "internal", replies: { 200: Book } }),
  },
});
const startGateway = (surroundings: Parameters<typeof start>[1]) =>
  start({ title: "Library", contracts: [books] }, surroundings);

test("the gateway starts on settings alone, knows every public call, and stops", async () => {
  const gateway = await startGateway({ environment });
  const document = (await (await fetch(`${gateway.url}/api/openapi.json`)).json()) as { paths: Record<string, object> };
  assert.deepEqual(await new Validator().validate(structuredClone(document)), { valid: true });
  assert.deepEqual(Object.keys(document.paths["/api/books"] ?? {}), ["post", "get"]);
  assert.equal(document.paths["/api/book-counts/{id}"], undefined, "internal calls are not told of");
  const health = await fetch(`${gateway.url}/health`);
  assert.deepEqual(await health.json(), { status: "healthy", service: "gateway" });
  await gateway.stop();
  await assert.rejects(fetch(`${gateway.url}/health`));
});

test("it leaves what it was given open when it stops", async () => {
  let closed = false;
  const discovery = {
    ...staticDiscovery({}),
    async close() {
      closed = true;
    },
  };
  const gateway = await startGateway({ environment, discovery });
  await gateway.stop();
  assert.equal(closed, false);
});

test("the limits are settings", async (t) => {
  const gateway = await startGateway({ environment: { ...environment, RATE_LIMIT_ADDRESS: "7" } });
  t.after(() => gateway.stop());
  const response = await fetch(`${gateway.url}/api/books`);
  assert.equal(response.headers.get("ratelimit-policy"), '"address";q=7;w=60');
});

test("wrong settings end the start with one line each", async (t) => {
  const starting = startGateway({ environment: { PORT: "70000", RATE_LIMIT_USER: "0", LOG_LEVEL: "loud" } });
  await assert.rejects(starting, (error) => error instanceof ConfigurationError && error.faults.length === 4);
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  t.after(() => taken.close());
  const { port } = taken.address() as { port: number };
  const onTaken = startGateway({ environment: { ...environment, PORT: String(port) } });
  await assert.rejects(onTaken, new ConfigurationError([`PORT ${port} is in use on 127.0.0.1`]));
});
