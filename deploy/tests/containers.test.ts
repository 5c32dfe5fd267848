import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing/file-cleanup";
import { temporaryFolder } from "@flotilla/chassis/testing/temporary-folder";
import { servicesOf } from "@flotilla/chassis/topology";
import { freePort } from "../../chassis/src/topology/free-port.ts";
import { eventually, Visitor } from "../../shop/tests/visitor.ts";
import { shop } from "../../shop/topology.ts";
import { readCompose } from "../compose/read-compose.ts";
import { root } from "../generated-files.ts";
import { type Built, followRecipe } from "./follow-recipe.ts";
import { serversMissing, startServers, withAddresses } from "./servers.ts";

/*
 * Every service as its image would have it, without Docker: built by the recipe into an empty folder, started with its own command and with the
 * environment that Compose gives it, among real servers that are set up as in Compose.
 */
const services = servicesOf(shop).map(({ name }) => name);
const compose = readCompose(`${root}compose.yaml`);
const lean = readCompose(`${root}deploy/compose/lean.yaml`);

type Container = { built: Built; process?: ChildProcess; output: string; port: number };
const containers = new Map<string, Container>();
let secrets: string;
let addresses: Record<string, string>;

/** What Compose puts into a container's environment, with the files and addresses of this machine. Mail and spans stay here. */
function composeEnvironment(name: string, port: number): Record<string, string> {
  const environment = {
    ...compose.services[name]?.environment,
    ...(name === "gateway" ? {} : lean.services[name]?.environment),
    OTEL_EXPORTER_OTLP_ENDPOINT: "",
    PORT: String(port),
  };
  const here = (value: string) => withAddresses(value, addresses).replace("/run/secrets/", `${secrets}/${name}/`);
  return Object.fromEntries(Object.entries(environment).map(([setting, value]) => [setting, here(String(value))]));
}

function start(name: string): void {
  const container = containers.get(name) ?? assert.fail(`${name} was not built`);
  const { built, port } = container;
  const [program = "", ...args] = built.command;
  const env = { ...built.environment, ...composeEnvironment(name, port) };
  const child = spawn(program, args, { cwd: built.workingFolder, env, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      container.output += chunk;
    });
  fileCleanup.after(() => void child.kill("SIGKILL"));
  container.process = child;
}

async function ready(name: string): Promise<void> {
  const container = containers.get(name) as Container;
  await eventually(
    `${name} is ready`,
    async () => {
      assert.equal(container.process?.exitCode, null, `${name} ended:\n${container.output}`);
      const answer = await fetch(`http://127.0.0.1:${container.port}/health/ready`).catch(() => undefined);
      return answer?.status === 200 || undefined;
    },
    60_000,
  );
}

describe("the shop, each service built by the recipe", { skip: serversMissing, timeout: 1_200_000 }, () => {
  before(async () => {
    secrets = await temporaryFolder(fileCleanup);
    const [, , , ...names] = compose.services["secrets"]?.command ?? [];
    execFileSync(process.execPath, ["deploy/secrets/main.ts", secrets, ...names], { cwd: root });
    addresses = await startServers(fileCleanup, secrets);
  });

  after(() => {
    for (const { process: child } of containers.values()) child?.kill("SIGKILL");
  });

  for (const name of services) {
    test(`${name} is built, and starts and stops in the build`, async () => {
      const built = await followRecipe(name, await temporaryFolder(fileCleanup));
      containers.set(name, { built, output: "", port: await freePort() });
    });
  }

  test("all become ready, and find each other in the registry", async () => {
    for (const name of services) start(name);
    await Promise.all(services.map(ready));
    const { port } = containers.get("gateway") as Container;
    const all = async () => (await fetch(`http://127.0.0.1:${port}/api/health`)).status === 200 || undefined;
    await eventually("the gateway finds all", all, 30_000);
  });

  test("an order is confirmed, paid for and mailed about", async () => {
    const { port } = containers.get("gateway") as Container;
    const url = `http://127.0.0.1:${port}`;
    const password = readFileSync(join(secrets, "users", "admin-password"), "utf8");
    const admin = await new Visitor(url).signIn({ email: "admin@shop.example", password });
    const product = await admin.addProduct({ name: "Container", price: 1_200 }, 5);
    const customer = await new Visitor(url).register("Grace", "grace@customer.example");
    const order = await customer.order(product.id, 2);
    assert.equal(order.status, "confirmed");
    assert.equal((await customer.ask("GET", `/api/payments/${order.id}`)).body.status, "captured");
    const mails = async () => {
      const { body } = await admin.ask("GET", "/api/mailbox?to=grace@customer.example");
      return body.items.length >= 2 || undefined;
    };
    await eventually("the welcome and the receipt are in the mailbox", mails);
    const declined = await customer.order(product.id, 1, "pm_card_declined");
    assert.deepEqual([declined.status, declined.reason], ["rejected", "payment_declined"]);
  });

  test("a role is let into no database but its own", () => {
    const foreign = readFileSync(join(secrets, "orders", "database-url"), "utf8").replace(
      /flotilla_orders$/,
      "flotilla_users",
    );
    const psql = () => execFileSync("psql", ["--no-psqlrc", "--command", "select 1", foreign], { stdio: "pipe" });
    assert.throws(psql, /permission denied for database/);
  });

  test("every service stops when its container is to stop", async () => {
    for (const name of services) {
      const child = containers.get(name)?.process as ChildProcess;
      const exit = child.exitCode === null ? once(child, "exit") : [child.exitCode, "before it was asked to"];
      child.kill("SIGTERM");
      assert.deepEqual(await exit, [0, null], `${name}:\n${containers.get(name)?.output}`);
    }
  });

  test("what is missing in its settings ends a container with one line for each", async () => {
    const { built } = containers.get("orders") as Container;
    const [program = "", ...args] = built.command;
    const child = spawn(program, args, {
      cwd: built.workingFolder,
      env: built.environment,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const lines = (await child.stderr.setEncoding("utf8").toArray()).join("").trim().split("\n");
    assert.deepEqual(lines.toSorted(), [
      "BROKER_URL is not set",
      "DATABASE_URL is not set",
      "SERVICE_KEY_FILE is not set",
      "SERVICE_PUBLIC_KEYS_FILE is not set",
    ]);
  });
});
