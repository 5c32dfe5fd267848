import assert from "node:assert/strict";
import { before, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { type OtlpReceiver, otlpReceiver } from "../../../chassis/src/testing/servers/otlp-receiver.ts";
import { type Shop, startShop } from "../fixtures/shop.ts";
import { eventually } from "../fixtures/visitor.ts";
import { badValuesFor, placesIn, type Schema, withValue } from "./input/bad-values.ts";
import { type Examples, examplesIn, withBody } from "./input/examples.ts";
import { textOf } from "./input/untouched.ts";
import { doorsTo, operations } from "./operations.ts";
import { type Answer, send } from "./send.ts";

let shop: Shop;
let examples: Examples;
let backend: OtlpReceiver;
const lines: string[] = [];

before(async () => {
  backend = await otlpReceiver(fileCleanup);
  const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: backend.url, OTEL_BSP_SCHEDULE_DELAY: "20" };
  const environment = { ...Object.fromEntries(keepers.map((name) => [name, tracing])) };
  shop = await startShop(fileCleanup, {
    environment: { ...environment, gateway: { ...tracing, METRICS_PORT: "0" } },
    log: { write: (line) => void lines.push(line) },
  });
  examples = await examplesIn(shop);
});

const PASSWORD = "hunter2-hunter2";
const CARD = "4242424242424242";
const keepers = ["users", "products", "inventory", "orders", "payments", "email", "notifications"];

/** What tells somebody outside how the shop is built. */
const INSIDES =
  /127\.0\.0\.1|localhost|node_modules|\/src\/|\.ts\b|\.js\b|\bat .+:\d+:\d+|\b(select|insert|update|delete) .*\b(from|into|set)\b|relation|constraint|ECONN|ENOENT|postgres|\bpg_|fastify|FST_|undici|ajv|typebox|Error:|stack/i;

/** The metrics of every service, the gateway's as well. */
async function metricsText(): Promise<string> {
  const ready = lines.map((line) => JSON.parse(line)).find(({ metrics }) => metrics !== undefined);
  const pages = [ready.metrics, ...keepers.map((name) => shop.url(name))].map((url) => `${url}/metrics`);
  const texts = await Promise.all(pages.map(async (page) => (await fetch(page)).text()));
  for (const text of texts) assert.ok(text.includes("http_server_request_duration_seconds"), text.slice(0, 1_000));
  return texts.join("\n");
}

const everything = async () => (await Promise.all(keepers.map((service) => textOf(shop, service)))).flat().join("\n");

test("no password, token or card number reaches a log, a span, a metric, a row, an event or another's answer", async () => {
  const secrets = new Set<string>([PASSWORD, CARD]);
  const account = { name: "Sam", email: "sam@mail.example", password: PASSWORD };
  const sam = await shop.visitor().register(account.name, account.email, PASSWORD);
  const keep = (session: typeof sam.session) => {
    for (const token of [session?.accessToken, session?.refreshToken]) if (token) secrets.add(token);
  };
  keep(sam.session);
  const answers: string[] = [];
  const ask = async (...about: Parameters<typeof sam.ask>) => {
    const { status, body } = await sam.ask(...about);
    if (status >= 400) answers.push(JSON.stringify(body));
    return body;
  };
  const elsewhere = await shop.visitor().signIn({ email: account.email, password: PASSWORD });
  keep(elsewhere.session);
  keep(await ask("POST", "/api/auth/refresh", { body: { refreshToken: elsewhere.session?.refreshToken } }));
  await ask("POST", "/api/auth/refresh", { body: { refreshToken: elsewhere.session?.refreshToken } });
  await ask("POST", "/api/auth/login", { body: { email: account.email, password: `${PASSWORD}!` } });
  await ask("POST", "/api/auth/register", { body: account });
  await ask("PUT", `/api/users/${sam.user.id}`, { body: { password: `${PASSWORD}?`, currentPassword: PASSWORD } });
  // What ended the session is told to all services within seconds, and Sam goes on.
  keep((await sam.signIn({ email: account.email, password: `${PASSWORD}?` })).session);
  await ask("GET", "/api/orders", { headers: { authorization: `Bearer ${sam.session?.accessToken}x` } });
  await ask("GET", `/api/orders?cursor=${PASSWORD}&limit=${CARD}`);
  const product = await shop.admin.addProduct({ name: "Flag", price: 5 }, 5);
  await sam.order(product.id, 1);
  for (const operation of withBody) {
    for (const door of doorsTo(shop, operation)) {
      for (const { path, schema } of placesIn(operation.call.shape.body as Schema, examples.of(operation).body)) {
        if (schema.type !== "string") continue;
        for (const value of [`${PASSWORD}\0`, [PASSWORD], { [CARD]: PASSWORD }]) {
          const { text } = await examples.ask(operation, door, {
            body: withValue(examples.of(operation).body, path, value),
          });
          answers.push(text.replaceAll(`/${CARD}`, ""));
        }
      }
    }
  }
  const body = { items: [{ productId: product.id, quantity: 1 }], payment: { method: CARD } };
  answers.push(JSON.stringify((await sam.placeOrder(body, "a-card")).body));
  await eventually(
    "the logs are written",
    async () => lines.some((line) => line.includes('"/api/orders"')) || undefined,
  );
  await eventually(
    "the last spans are exported",
    async () => backend.spans.filter(({ name }) => name === "POST /api/orders").length >= 2 || undefined,
  );
  const services = new Set(backend.spans.map(({ service }) => service));
  assert.deepEqual(services, new Set(["gateway", ...keepers]), "all of them have told something");
  const places = {
    "a log line": lines.join("\n"),
    "a span": backend.text(),
    "a metric": await metricsText(),
    "a row": await everything(),
    "an answer": answers.join("\n"),
  };
  for (const [place, text] of Object.entries(places)) {
    for (const secret of secrets) {
      const at = text.indexOf(secret);
      assert.equal(at, -1, `${place} holds a secret: ${text.slice(Math.max(0, at - 200), at + 80)}`);
    }
  }
});

test("what is wrong inside is nobody's business outside: no answer tells of hosts, files, statements or libraries", async () => {
  const answers: [string, Answer][] = [];
  const note = async (what: string, asked: Promise<Answer>) => void answers.push([what, await asked]);
  for (const operation of operations) {
    for (const door of doorsTo(shop, operation)) {
      const { name } = operation;
      await note(`${name} without a token`, examples.ask(operation, door, { token: undefined }));
      await note(`${name} with a bad one`, examples.ask(operation, door, { token: "x.y.z" }));
      await note(`${name} by PATCH`, examples.ask(operation, door, { method: "PATCH" }));
      if (operation.call.shape.body) {
        for (const value of badValuesFor({ type: "object" } as Schema)) {
          await note(`${name} of nonsense`, examples.ask(operation, door, { body: JSON.stringify(value) }));
        }
        await note(`${name} by half`, examples.ask(operation, door, { body: '{"a":' }));
        await note(`${name} too much`, examples.ask(operation, door, { body: "x".repeat(200_000) }));
      }
    }
  }
  const broken = { users: "account", products: "product", orders: "orders", payments: "payment", inventory: "stock" };
  for (const [service, table] of Object.entries({ ...broken, email: "mailbox", notifications: "notification" })) {
    await shop.database(service).query(`alter table ${table} rename to elsewhere`);
    const reads = operations.filter(({ call, ...own }) => own.service === service && call.method === "GET");
    for (const operation of reads.filter(({ call }) => call.shape.timeout !== 0)) {
      for (const door of doorsTo(shop, operation)) {
        await note(`${operation.name} without its table`, examples.ask(operation, door));
      }
    }
    await shop.database(service).query(`alter table elsewhere rename to ${table}`);
  }
  assert.ok(
    answers.some(([, { status }]) => status === 500),
    "something went wrong inside",
  );
  for (const [what, { status, headers, text, json }] of answers) {
    if (status < 400) continue;
    const told = `${text}${JSON.stringify({ ...headers, date: "" })}`;
    assert.doesNotMatch(told, INSIDES, what);
    if (text === "") continue;
    const allowed = ["type", "title", "status", "code", "instance", "errors"];
    assert.deepEqual(
      Object.keys(json).filter((key) => !allowed.includes(key)),
      [],
      what,
    );
    assert.equal(json.type, `urn:problem:${json.code}`, what);
  }
});

test("errors of the gateway and of services are told in the same form", async () => {
  for (const path of ["/nowhere", "/api/nowhere", "/api/products/%zz", "/api/products/none"]) {
    const { status, headers, json } = await send(shop.url("gateway"), { method: "GET", path });
    assert.deepEqual([json.status, json.instance], [status, headers["x-request-id"]], path);
    assert.equal(headers["content-type"], "application/problem+json", path);
  }
});
