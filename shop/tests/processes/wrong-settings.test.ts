import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { fileCleanup } from "@flotilla/chassis/testing";
import { postgresServer } from "../../../chassis/src/testing/servers/postgres.ts";
import { freePort } from "../../../chassis/src/topology/network/free-port.ts";
import { canListProcesses, processesNaming } from "./fixtures/process-table.ts";
import { shopFolder } from "./fixtures/running-shop.ts";
import { startToEnd } from "./fixtures/start-to-end.ts";

let folder: string;
let takenPort: number;
let closedPort: number;
let server: URL;

before(async () => {
  folder = await shopFolder(fileCleanup);
  await writeFile(join(folder, "file"), "");
  takenPort = await listenSomewhere();
  closedPort = await freePort();
  server = new URL(await postgresServer());
});

async function listenSomewhere(): Promise<number> {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  fileCleanup.after(() => void taken.close());
  return (taken.address() as { port: number }).port;
}

const secret = "a-password-nobody-should-read";
const nowhere = () => `postgres://shop:${secret}@127.0.0.1:${closedPort}/shop`;
const notWelcome = () => Object.assign(new URL(server), { username: "nobody_here", password: secret }).href;

/** Settings that are wrong, and the lines that say so. */
const starts: [string, () => NodeJS.ProcessEnv, RegExp[]][] = [
  ["a broker nobody knows", () => ({ BROKER_URL: "carrier-pigeon://coop" }), [/^BROKER_URL .*use postgres:/]],
  ["a discovery nobody knows", () => ({ DISCOVERY_URL: "rumour:" }), [/^DISCOVERY_URL must be static:/]],
  ["a mail server nobody knows", () => ({ SMTP_URL: "https://mail" }), [/^SMTP_URL .*use smtp:/]],
  ["a database of another kind", () => ({ DATABASE_URL: "mysql://shop@db/shop" }), [/^DATABASE_URL .*use postgres:/]],
  ["a database that is not there", () => ({ DATABASE_URL: nowhere() }), [/^DATABASE_URL: .*ECONNREFUSED/]],
  ["a database that refuses us", () => ({ DATABASE_URL: notWelcome() }), [/^DATABASE_URL: .*refuses the sign-in/]],
  ["a broker that is not there", () => ({ BROKER_URL: nowhere() }), [/^BROKER_URL: .*ECONNREFUSED/]],
  ["a port in use", () => ({ PORT: String(takenPort) }), [/^PORT \d+ is in use on 127\.0\.0\.1/]],
  ["a port that is none", () => ({ PORT: "http" }), [/^PORT must be integer/]],
  ["a host that is not ours", () => ({ HOST: "192.0.2.1", PORT: String(closedPort) }), [/^HOST 192\.0\.2\.1 /]],
  ["a host that is not ours, and any port", () => ({ HOST: "192.0.2.1", PORT: "0" }), [/^HOST 192\.0\.2\.1 /]],
  ["a folder below a file", () => ({ DATA_DIR: join(folder, "file", "data") }), [/^DATA_DIR .* can't be written/]],
  ["services that aren't there", () => ({ REPLICAS: "order=2" }), [/^REPLICAS: there is no service "order"/]],
  ["an administrator without a password", () => ({ ADMIN_PASSWORD: "short" }), [/^ADMIN_PASSWORD .*8/]],
  [
    "everything",
    () => ({
      ADMIN_EMAIL: "me",
      BROKER_URL: "x:",
      DATA_DIR: join(folder, "file", "data"),
      DATABASE_URL: "db",
      LOG_LEVEL: "loud",
      PORT: "-1",
    }),
    [/^PORT /, /^LOG_LEVEL /, /^ADMIN_EMAIL /, /^DATABASE_URL /, /^BROKER_URL /, /^DATA_DIR /],
  ],
];

describe("a start with wrong settings ends with a line for each fault, and leaves nothing", { concurrency: 2 }, () => {
  starts.forEach(([what, settings, expected], index) => {
    test(what, async () => {
      const dataFolder = join(folder, `start-${index}`);
      const { code, lines } = await startToEnd({ DATA_DIR: dataFolder, ...settings() });
      assert.equal(code, 1);
      assert.equal(lines.length, expected.length, lines.join("\n"));
      for (const [line, pattern] of expected.entries()) assert.match(lines[line] ?? "", pattern);
      assert.ok(!lines.join().includes(secret), "a password was shown");
      assert.ok(!existsSync(join(dataFolder, "run.json")));
      if (canListProcesses) assert.deepEqual(await processesNaming(dataFolder), []);
    });
  });
});

test("a start in a folder that can't be written to ends with one line", {
  skip: process.getuid?.() === 0 && "root may write everywhere",
}, async () => {
  await chmod(folder, 0o500);
  const { code, lines } = await startToEnd({ DATA_DIR: join(folder, "data") });
  await chmod(folder, 0o700);
  assert.equal(code, 1);
  assert.match(lines.join("\n"), /^DATA_DIR \S+ can't be written \(EACCES\)$/);
});
