import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { defineTopology } from "../../topology/topology.ts";
import { readStartSettings } from "./start-settings.ts";

const shop = defineTopology(import.meta.url, { services: ["gateway", "orders"], edge: "gateway" });

const faultsOf = (environment: Record<string, string>) => readStartSettings(shop, environment).faults;

test("without any setting the defaults hold, and nothing is wrong", () => {
  const { settings, replicas, faults, notices } = readStartSettings(shop, {});
  assert.deepEqual({ faults, notices }, { faults: [], notices: [] });
  const { PORT, HOST, DATA_DIR, BROKER_URL, DISCOVERY_URL, LOG_LEVEL } = settings;
  assert.deepEqual([PORT, HOST, DATA_DIR, LOG_LEVEL], [3000, "127.0.0.1", ".data", "info"]);
  assert.deepEqual([BROKER_URL, DISCOVERY_URL], ["postgres:", "static:"]);
  assert.ok([...replicas.values()].every((count) => count === 1));
});

const wrong: [string, string, RegExp][] = [
  ["PORT", "80000", /^PORT must be <= 65535$/],
  ["PORT", "http", /^PORT must be integer$/],
  ["CONSOLE_PORT", "-1", /^CONSOLE_PORT must be >= 0$/],
  ["REPLICAS", "basket=2", /^REPLICAS: there is no service "basket"/],
  ["REPLICAS", "orders=none", /^REPLICAS: orders must be a number/],
  ["LOG_LEVEL", "loud", /^LOG_LEVEL must be equal to one of the allowed values$/],
  ["DATABASE_URL", "mysql://root:secret@db", /^DATABASE_URL has no scheme that is known here, use postgres:/],
  ["DATABASE_URL", "postgres://", /^DATABASE_URL is not a complete URL/],
  ["BROKER_URL", "kafka://broker", /^BROKER_URL has no scheme that is known here/],
  ["BROKER_URL", "amqp:guest:secret", /^BROKER_URL is not a complete URL/],
  ["BROKER_URL", "amqp://guest:secret@a,postgres://guest:secret@b", /^BROKER_URL has no scheme that is known here/],
  ["BROKER_URL", "nonsense", /^BROKER_URL has no scheme that is known here/],
  ["DISCOVERY_URL", "consul://localhost:8500?token=secret", /^DISCOVERY_URL must be like consul:/],
  ["DISCOVERY_URL", "dns:secret", /^DISCOVERY_URL must be like dns:/],
  ["DISCOVERY_URL", "etcd://localhost", /^DISCOVERY_URL must be static:/],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://secret", /^OTEL_EXPORTER_OTLP_ENDPOINT must match pattern/],
  ["OTEL_TRACES_SAMPLER", "secret", /^OTEL_TRACES_SAMPLER must be equal to one of the allowed values$/],
  ["OTEL_TRACES_SAMPLER_ARG", "7", /^OTEL_TRACES_SAMPLER_ARG must be <= 1$/],
];

for (const [name, value, line] of wrong) {
  test(`${name}=${value} is told in one line, without secrets`, () => {
    const faults = faultsOf({ [name]: value });
    assert.equal(faults.length, 1);
    assert.match(faults[0] ?? "", line);
    assert.doesNotMatch(faults[0] ?? "", /secret/);
  });
}

test("RabbitMQ is a broker, also as several nodes of a cluster", () => {
  assert.deepEqual(faultsOf({ BROKER_URL: "amqp://guest:secret@rabbit:5672" }), []);
  assert.deepEqual(faultsOf({ BROKER_URL: "amqps://guest:secret@one/shop, amqps://guest:secret@other/shop" }), []);
});

test("a registry and names are kinds of discovery", () => {
  for (const DISCOVERY_URL of ["consul://localhost:8500", "dns:", "dns:_http._tcp.{service}.example"]) {
    assert.deepEqual(faultsOf({ DISCOVERY_URL }), []);
  }
});

test("all faults are found at once", () => {
  const faults = faultsOf({ PORT: "x", METRICS_PORT: "x", BROKER_URL: "x", REPLICAS: "x=1,y=2" });
  assert.equal(faults.length, 5);
});

test("settings that make no difference yet are said to make none", () => {
  const { faults, notices } = readStartSettings(shop, { REDIS_URL: "redis://cache", CONSOLE_PORT: "3100" });
  assert.deepEqual(faults, []);
  assert.match(notices.join("\n"), /CONSOLE_PORT makes no difference/);
});

test("a system's own settings are read beside those of all, and their faults with them", () => {
  const own = { SEATS: Type.Integer({ minimum: 1 }), NAME: Type.Optional(Type.String()) };
  const { own: settings, names, faults } = readStartSettings(shop, { SEATS: "0", NAME: "x", PORT: "x" }, own);
  assert.deepEqual(settings, { NAME: "x" });
  assert.deepEqual(faults, ["PORT must be integer", "SEATS must be >= 1"]);
  assert.ok(names.includes("SEATS") && names.includes("PORT"));
});
