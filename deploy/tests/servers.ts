import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { Cleanup } from "@flotilla/chassis/testing";
import { Redis } from "ioredis";
import { consulMissing, consulServer } from "../../chassis/src/testing/servers/consul-server.ts";
import { startTestServer } from "../../chassis/src/testing/servers/postgres-server.ts";
import { rabbitmqMissing, startRabbitmq } from "../../chassis/src/testing/servers/rabbitmq.ts";
import { redisMissing, redisServer } from "../../chassis/src/testing/servers/redis-server.ts";
import { root } from "../generated-files.ts";

const execute = promisify(execFile);

const psqlMissing = canRun("psql") ? false : "there is no psql (on Debian: apt-get install postgresql-client)";

/** Why the servers can't be started here; false when they can. */
export const serversMissing: string | false = rabbitmqMissing || redisMissing || consulMissing || psqlMissing;

/**
 * Starts the servers that compose.yaml has, each set up as there with what is in the folder of secrets, and puts their addresses here into the
 * files of the services. Returns the addresses by the names they have in Compose.
 */
export async function startServers(t: Cleanup, secrets: string): Promise<Record<string, string>> {
  const servers = [postgres(t, secrets), rabbitmq(t, secrets), redis(t, secrets), consulServer(t)] as const;
  const [postgresUrl, rabbitmqUrl, redisUrl, consul] = await Promise.all(servers);
  const addresses = {
    "postgres:5432": new URL(postgresUrl).host,
    "rabbitmq:5672": new URL(rabbitmqUrl).host,
    "redis:6379": new URL(redisUrl).host,
    "consul:8500": new URL(consul.url).host,
  };
  await moveAddresses(secrets, addresses);
  return addresses;
}

async function postgres(t: Cleanup, secrets: string): Promise<string> {
  const server = await startTestServer();
  t.after(() => server.stop());
  const script = `${root}deploy/postgres/databases.sql`;
  // Twice, as after an upgrade that added a service.
  for (let time = 0; time < 2; time++) {
    const env = { ...process.env, SECRETS: join(secrets, "postgres") };
    await execute("psql", ["--quiet", "--no-psqlrc", "--file", script, server.url], { env });
  }
  return server.url;
}

async function rabbitmq(t: Cleanup, secrets: string): Promise<string> {
  const node = await startRabbitmq(t);
  await node.control("import_definitions", join(secrets, "rabbitmq", "definitions.json"));
  await node.control("delete_user", "guest");
  return node.url;
}

async function redis(t: Cleanup, secrets: string): Promise<string> {
  const server = await redisServer(t);
  const client = new Redis(server.url);
  await client.config("SET", "requirepass", await readFile(join(secrets, "redis", "password"), "utf8"));
  client.disconnect();
  return server.url;
}

async function moveAddresses(secrets: string, addresses: Readonly<Record<string, string>>): Promise<void> {
  for (const owner of await readdir(secrets)) {
    for (const name of (await readdir(join(secrets, owner))).filter((each) => each.endsWith("-url"))) {
      const file = join(secrets, owner, name);
      const text = withAddresses(await readFile(file, "utf8"), addresses);
      await execute("chmod", ["u+w", file]);
      await writeFile(file, text);
    }
  }
}

/** The text with the addresses that servers have here in place of their names in Compose. */
export const withAddresses = (text: string, addresses: Readonly<Record<string, string>>): string =>
  Object.entries(addresses).reduce((changed, [name, address]) => changed.replaceAll(name, address), text);

function canRun(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
