import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { before, test } from "node:test";
import { type Cleanup, fileCleanup, testDatabase } from "@flotilla/chassis/testing";
import { rabbitmqMissing, rabbitmqNode } from "../../../../chassis/src/testing/servers/rabbitmq.ts";
import { prepareKeys, type ServiceKeys } from "../../../../chassis/src/topology/keys/keys.ts";
import { freePort } from "../../../../chassis/src/topology/network/free-port.ts";
import { moduleOf } from "../../../../chassis/src/topology/system/load-definitions.ts";
import { commandOf } from "../../../../chassis/src/topology/system/service-command.ts";
import { shop } from "../../../topology.ts";
import { eventually } from "../../fixtures/visitor.ts";
import { shopFolder } from "../fixtures/running-shop.ts";
import { assertEndedInTime, runToEnd } from "../fixtures/start-to-end.ts";

const command = commandOf(shop, "products");
let keys: ServiceKeys;

before(async () => {
  keys = await prepareKeys(join(await shopFolder(fileCleanup), "keys"), ["products"]);
});

const settings = (more: Record<string, string>): NodeJS.ProcessEnv => ({
  SERVICE_KEY_FILE: keys.privateKeyFile("products"),
  SERVICE_PUBLIC_KEYS_FILE: keys.publicKeysFile,
  ...more,
});

type Running = { child: ChildProcess; output(): string; health(path: string): Promise<number> };

async function startProducts(t: Cleanup, more: Record<string, string>): Promise<Running> {
  const port = await freePort();
  const env = settings({ ...more, PORT: String(port) });
  const child = spawn(process.execPath, command, { env, stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => void child.kill("SIGKILL"));
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return {
    child,
    output: () => text,
    health: (path) =>
      fetch(`http://127.0.0.1:${port}/health/${path}`).then(
        ({ status }) => status,
        () => 0,
      ),
  };
}

/** A way to a server that is not open yet. */
type Way = { url: string; open(): Promise<void> };

async function wayTo(t: Cleanup, server: string): Promise<Way> {
  const port = await freePort();
  const target = new URL(server);
  const sockets = new Set<Socket>();
  let listening: Server | undefined;
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    listening?.close();
  });
  return {
    url: Object.assign(new URL(server), { hostname: "127.0.0.1", port: String(port) }).href,
    async open() {
      listening = createServer((client) => {
        const onward = connect(Number(target.port), target.hostname);
        for (const socket of [client, onward]) sockets.add(socket.on("error", () => {}));
        client.pipe(onward).pipe(client);
      });
      listening.listen(port, "127.0.0.1");
      await once(listening, "listening");
    },
  };
}

/** It lives, is not ready, and says what it waits for; once the way is open it becomes ready. */
async function waitsFor(what: string, way: Way, products: Running): Promise<void> {
  await eventually(
    `it waits for ${what}`,
    async () => products.output().includes(`waiting for ${what}`) || undefined,
    20_000,
  );
  assert.deepEqual([await products.health("live"), await products.health("ready")], [200, 503]);
  await way.open();
  await eventually("it is ready", async () => (await products.health("ready")) === 200 || undefined, 20_000);
}

async function stops({ child }: Running): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  assert.deepEqual(await exit, [0, null]);
}

test("a database that is not up yet is waited for", async (t) => {
  const way = await wayTo(t, (await testDatabase(t)).url);
  const products = await startProducts(t, { DATABASE_URL: way.url, BROKER_URL: (await testDatabase(t)).url });
  await waitsFor("the database", way, products);
  await stops(products);
});

test("a broker on PostgreSQL that is not up yet is waited for", async (t) => {
  const way = await wayTo(t, (await testDatabase(t)).url);
  const products = await startProducts(t, { DATABASE_URL: (await testDatabase(t)).url, BROKER_URL: way.url });
  await waitsFor("the broker", way, products);
  await stops(products);
});

test("RabbitMQ that is not up yet is waited for", { skip: rabbitmqMissing }, async (t) => {
  const way = await wayTo(t, (await rabbitmqNode()).url);
  const products = await startProducts(t, { DATABASE_URL: (await testDatabase(t)).url, BROKER_URL: way.url });
  await waitsFor("the broker", way, products);
  await stops(products);
});

test("who waits stops when it is asked to", async (t) => {
  const nowhere = `postgres://nobody@127.0.0.1:${await freePort()}/nothing`;
  const products = await startProducts(t, { DATABASE_URL: nowhere, BROKER_URL: nowhere });
  await eventually("it waits", async () => products.output().includes("waiting for the database") || undefined, 20_000);
  await stops(products);
});

/** One line, and exit code 1, within 5 s. */
async function endsWith(line: RegExp, more: Record<string, string>): Promise<void> {
  const run = () => runToEnd(command, settings({ ...more, LOG_LEVEL: "silent" }));
  const end = await run();
  const { code, lines } = end;
  assert.deepEqual([code, lines.length], [1, 1], lines.join("\n"));
  assert.match(lines[0] ?? "", line);
  await assertEndedInTime(moduleOf(shop, "products"), end, run);
}

const stranger = (url: string) => Object.assign(new URL(url), { username: "stranger", password: "wrong" }).href;

test("a server that refuses the sign-in, or has no such database, ends the process with one line", async (t) => {
  const { url } = await testDatabase(t);
  const refused = /^DATABASE_URL: the server refuses the sign-in$/;
  await endsWith(refused, { DATABASE_URL: stranger(url), BROKER_URL: url });
  const nowhere = Object.assign(new URL(url), { pathname: "/not_there" }).href;
  await endsWith(/^DATABASE_URL: there is no such database/, { DATABASE_URL: nowhere, BROKER_URL: url });
  await endsWith(/^BROKER_URL: the server refuses the sign-in$/, { DATABASE_URL: url, BROKER_URL: stranger(url) });
});

test("RabbitMQ that refuses the sign-in ends the process with one line", { skip: rabbitmqMissing }, async (t) => {
  const { url } = await testDatabase(t);
  const broker = stranger((await rabbitmqNode()).url);
  await endsWith(/^BROKER_URL: RabbitMQ refuses the sign-in$/, { DATABASE_URL: url, BROKER_URL: broker });
});
