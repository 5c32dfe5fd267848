import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { fileCleanup, temporaryFolder } from "@flotilla/chassis/testing";
import { eventually, Visitor } from "../../shop/tests/fixtures/visitor.ts";
import { shop } from "../../shop/topology.ts";
import { readCompose } from "../compose/read-compose.ts";
import { root } from "../generated-files.ts";
import { type Container, containerOf } from "./container.ts";
import { followRecipe } from "./follow-recipe.ts";
import { serversMissing, startServers, withAddresses } from "./servers.ts";

/*
 * Every service as its image would have it, without Docker: built by the recipe into an empty folder, started with its own command and with the
 * environment that Compose gives it, among real servers that are set up as in Compose.
 */
const services = shop.services;
const compose = readCompose(`${root}compose.yaml`);
const lean = readCompose(`${root}deploy/compose/lean.yaml`);

/** Installing eight times takes a minute where nobody else works, and many where others do. */
const PATIENT = { timeout: 1_200_000 };

const containers = new Map<string, Container>();
let secrets: string;
let addresses: Record<string, string>;

const containerNamed = (name: string): Container => containers.get(name) ?? assert.fail(`${name} was not built`);

/** What Compose puts into a container's environment, with the files and addresses of this machine. Mail and spans stay here. */
function composeEnvironment(name: string): Record<string, string> {
  const environment = {
    ...compose.services[name]?.environment,
    ...(name === "gateway" ? {} : lean.services[name]?.environment),
    OTEL_EXPORTER_OTLP_ENDPOINT: "",
  };
  const here = (value: string) => withAddresses(value, addresses).replace("/run/secrets/", `${secrets}/${name}/`);
  return Object.fromEntries(Object.entries(environment).map(([setting, value]) => [setting, here(value)]));
}

async function placeOrders(url: string): Promise<void> {
  const password = readFileSync(join(secrets, "users", "admin-password"), "utf8");
  const admin = await new Visitor(url).signIn({ email: "admin@shop.example", password });
  const product = await admin.addProduct({ name: "Container", price: 1_200 }, 5);
  const customer = await new Visitor(url).register("Grace", "grace@customer.example");
  const order = await customer.order(product.id, 2);
  assert.equal(order.status, "confirmed");
  assert.equal((await customer.ask("GET", `/api/payments/${order.id}`)).body.status, "captured");
  const mailed = async () => {
    const { body } = await admin.ask("GET", "/api/mailbox?to=grace@customer.example");
    return body.items.length >= 2 || undefined;
  };
  await eventually("the welcome and the receipt are in the mailbox", mailed);
  const declined = await customer.order(product.id, 1, "pm_card_declined");
  assert.deepEqual([declined.status, declined.reason], ["rejected", "payment_declined"]);
}

describe("the shop, each service built by the recipe", { skip: serversMissing, ...PATIENT }, () => {
  before(async () => {
    secrets = await temporaryFolder(fileCleanup);
    const [, , , ...names] = compose.services["secrets"]?.command ?? [];
    execFileSync(process.execPath, ["deploy/secrets/main.ts", secrets, ...names], { cwd: root });
    addresses = await startServers(fileCleanup, secrets);
  }, PATIENT);

  for (const name of services) {
    test(`${name} is built, and starts and stops in the build`, PATIENT, async () => {
      const built = await followRecipe(name, await temporaryFolder(fileCleanup));
      containers.set(name, await containerOf(name, built));
    });
  }

  test("all become ready, and find each other in the registry", async () => {
    for (const name of services) containerNamed(name).start(fileCleanup, composeEnvironment(name));
    await Promise.all(services.map((name) => containerNamed(name).ready()));
    const health = `${containerNamed("gateway").url}/api/health`;
    await eventually("the gateway finds all", async () => (await fetch(health)).status === 200 || undefined);
  });

  test("an order is confirmed, paid for and mailed about", () => placeOrders(containerNamed("gateway").url));

  test("a role is let into no database but its own", () => {
    const own = readFileSync(join(secrets, "orders", "database-url"), "utf8");
    const foreign = own.replace(/flotilla_orders$/, "flotilla_users");
    const psql = () => execFileSync("psql", ["--no-psqlrc", "--command", "select 1", foreign], { stdio: "pipe" });
    assert.throws(psql, /permission denied for database/);
  });

  test("every service stops when its container is to stop", async () => {
    for (const name of services) {
      const { how, output } = await containerNamed(name).stop();
      assert.deepEqual(how, [0, null], `${name}:\n${output}`);
    }
  });

  test("what is missing in its settings ends a container with one line for each", async () => {
    const { command, workingFolder: cwd, environment: env } = containerNamed("orders").built;
    const child = spawn(command[0] ?? "", command.slice(1), { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
    const lines = (await child.stderr.setEncoding("utf8").toArray()).join("").trim().split("\n");
    assert.deepEqual(lines.toSorted(), [
      "BROKER_URL is not set",
      "DATABASE_URL is not set",
      "SERVICE_KEY_FILE is not set",
      "SERVICE_PUBLIC_KEYS_FILE is not set",
    ]);
  });
});
