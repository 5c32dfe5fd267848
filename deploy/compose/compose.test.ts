import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { shop } from "../../shop/topology.ts";
import { root } from "../generated-files.ts";
import { readCompose } from "./read-compose.ts";

const compose = readCompose(`${root}compose.yaml`);
const lean = readCompose(`${root}deploy/compose/lean.yaml`);
const services = Object.entries(compose.services);
const ours = shop.services;

const { $schema: _, ...schema } = JSON.parse(
  readFileSync(new URL("./compose-spec/compose-spec.json", import.meta.url), "utf8"),
);
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(schema);

for (const [name, file] of Object.entries({ "compose.yaml": compose, "lean.yaml": lean })) {
  test(`${name} is what the Compose specification allows`, () => {
    validate(file);
    assert.deepEqual(validate.errors ?? [], []);
  });
}

test("the schema refuses what no Compose file may hold", () => {
  assert.equal(validate({ services: { orders: { image: "orders", restrat: "always" } } }), false);
});

test("every service of the shop is there, built by the one recipe", () => {
  for (const name of ours) assert.equal(compose.services[name]?.build?.args?.["SERVICE"], name);
});

test("nothing that runs lacks a health check, a restart policy or a limit", () => {
  for (const [name, service] of services) {
    const once = service.restart === "no";
    assert.ok(once || service.restart === "unless-stopped", `${name} restarts`);
    assert.ok(once || service.healthcheck, `${name} has a health check`);
    assert.ok(once || service.deploy?.resources?.limits, `${name} has limits`);
  }
});

test("services of the shop write nowhere", () => {
  for (const name of ours) assert.equal(compose.services[name]?.read_only, true);
});

test("only the gateway and the operators' pages are published, these to this machine alone", () => {
  const published = services.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]));
  assert.deepEqual(published, [
    ["rabbitmq", "127.0.0.1:15672:15672"],
    ["consul", "127.0.0.1:8500:8500"],
    ["jaeger", "127.0.0.1:16686:16686"],
    ["mailpit", "127.0.0.1:8025:8025"],
    ["gateway", "127.0.0.1:3000:3000"],
  ]);
});

test("every service but the gateway may run as often as somebody likes", () => {
  for (const [name, { container_name, ports = [] }] of services) {
    assert.equal(container_name, undefined, name);
    if (ours.includes(name) && name !== "gateway") assert.deepEqual(ports, [], name);
  }
});

test("no secret is in the file: those of a service are in a volume that only it and their maker have", () => {
  for (const [name, { environment = {}, volumes = [] }] of services) {
    for (const [setting, value] of Object.entries(environment)) {
      if (/PASSWORD|SECRET|_KEY|DATABASE_URL|BROKER_URL|REDIS_URL/.test(setting)) {
        assert.match(setting, /_FILE$/, `${setting} of ${name}`);
        assert.match(String(value), /^\/run\/secrets\//, `${setting} of ${name}`);
      }
      assert.doesNotMatch(String(value), /:\/\/[^/]*:[^/]*@/, `${setting} of ${name}`);
    }
    const holders = services.filter(([, other]) => other.volumes?.some((each) => each.startsWith(`${name}-secrets:`)));
    const may = ["secrets", name, ...(name === "postgres" ? ["backup"] : [])];
    for (const [holder] of holders) assert.ok(may.includes(holder), `${holder} has the secrets of ${name}`);
    if (ours.includes(name)) assert.ok(volumes.includes(`${name}-secrets:/run/secrets:ro`), name);
  }
});

test("what a service waits for is there, and can become what it waits for", () => {
  for (const [name, { depends_on = {} }] of services) {
    for (const [other, { condition }] of Object.entries(depends_on)) {
      const awaited = compose.services[other] ?? assert.fail(`${name} waits for ${other}, which is not there`);
      if (condition === "service_healthy") assert.ok(awaited.healthcheck, `${other} has a health check`);
      if (condition === "service_completed_successfully") assert.equal(awaited.restart, "no", `${other} ends`);
    }
  }
});

test("every file, volume and network that is named is there", () => {
  for (const [name, { volumes = [], networks = [] }] of services) {
    for (const volume of volumes.map((each) => each.split(":")[0] ?? "")) {
      const isThere = volume.startsWith("./")
        ? volume === "./backups" || existsSync(root + volume)
        : volume in compose.volumes;
      assert.ok(isThere, `${name} mounts ${volume}`);
    }
    for (const network of networks) assert.ok(network in compose.networks, `${name} joins ${network}`);
  }
});

test("the lean form leaves servers out together with the settings that lead to them", () => {
  for (const [name, { profiles }] of Object.entries(lean.services)) {
    if (!ours.includes(name)) assert.equal(profiles?.length, 1, name);
    assert.ok(compose.services[name], name);
    for (const [waiting, { depends_on = {} }] of profiles ? services : [])
      assert.equal(depends_on[name]?.required ?? false, false, `${waiting} can't start without ${name}`);
  }
  assert.equal(lean.services["email"]?.environment?.["SMTP_URL"], "");
  assert.equal(lean.services["gateway"]?.environment?.["REDIS_URL_FILE"], "");
  for (const name of ours)
    assert.equal(lean.services[name]?.environment?.["OTEL_EXPORTER_OTLP_ENDPOINT"], "", `${name} sends no spans`);
});
