import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { isPrivateJwk, isPublicJwk } from "../../chassis/src/identity/keys/signing-key.ts";
import { secretFiles } from "./secret-files.ts";
import { completeVault } from "./vault.ts";

const services = { edge: "gateway", inner: ["orders", "users"] };
const vault = completeVault({}, services);
const files = secretFiles(vault, services);

test("what is in the vault stays, and what is missing is added", () => {
  const more = completeVault(vault, { edge: "gateway", inner: ["orders", "reviews", "users"] });
  for (const [name, password] of Object.entries(vault.passwords)) assert.equal(more.passwords[name], password);
  assert.deepEqual(more.keys["orders"], vault.keys["orders"]);
  assert.ok(more.keys["reviews"] && more.passwords["database/reviews"]);
});

test("no two secrets are alike", () => {
  const all = [...Object.values(vault.passwords), ...Object.values(vault.keys).map(({ d }) => d)];
  assert.equal(new Set(all).size, all.length);
  for (const secret of all) assert.ok(secret.length >= 32);
});

test("a service gets its own key, and everybody's public ones", () => {
  const key = JSON.parse(files["orders"]?.["service-key.json"] ?? "");
  assert.ok(isPrivateJwk(key) && key.kid === "orders");
  const { keys } = JSON.parse(files["orders"]?.["service-public-keys.json"] ?? "");
  assert.deepEqual(
    keys.map(({ kid }: { kid: string }) => kid),
    ["gateway", "orders", "users"],
  );
  assert.ok(keys.every(isPublicJwk));
});

test("nobody finds another's secrets among his own", () => {
  const { edge, inner } = services;
  for (const name of [edge, ...inner]) {
    const own = JSON.stringify(files[name]);
    const foreign = [
      ...Object.entries(vault.passwords).filter(([owner]) => owner.endsWith(`/${name}`) === false),
      ...Object.entries(vault.keys).flatMap(([owner, { d }]) => (owner === name ? [] : [[owner, d] as const])),
    ].filter(([owner]) => !(name === edge && owner === "redis") && !(name === "users" && owner === "administrator"));
    for (const [owner, secret] of foreign) assert.ok(!own.includes(secret), `${name} has a secret of ${owner}`);
  }
});

test("the broker gets hashes of passwords, as RabbitMQ makes them", () => {
  const text = files["rabbitmq"]?.["definitions.json"] ?? "";
  const { users } = JSON.parse(text) as { users: { name: string; password_hash: string }[] };
  const hash = Buffer.from(users.find(({ name }) => name === "orders")?.password_hash ?? "", "base64");
  const password = vault.passwords["broker/orders"] ?? "";
  assert.deepEqual(hash.subarray(4), createHash("sha256").update(hash.subarray(0, 4)).update(password).digest());
  assert.ok(!text.includes(password));
});

test("at the broker a service signs in as itself, and says so", () => {
  const { username, search } = new URL(files["orders"]?.["broker-url"] ?? "");
  assert.deepEqual([username, search], ["orders", "?users=services"]);
});

test("at the broker a service has what is below its exchange, and an operator everything", () => {
  const { permissions } = JSON.parse(files["rabbitmq"]?.["definitions.json"] ?? "") as {
    permissions: { user: string; configure: string; write: string; read: string }[];
  };
  assert.deepEqual(
    permissions.map(({ user }) => user),
    ["operator", "orders", "users"],
  );
  const orders = permissions.find(({ user }) => user === "orders");
  for (const right of ["configure", "write", "read"] as const) {
    const pattern = new RegExp(orders?.[right] ?? "");
    for (const own of ["flotilla", "flotilla.users.0", "flotilla.dead", "amq.gen-x"]) assert.match(own, pattern);
    for (const foreign of ["flotillas", "other", "amq.topic"]) assert.doesNotMatch(foreign, pattern);
  }
});
