import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { before, describe, test } from "node:test";
import { fileCleanup, testDatabase } from "@flotilla/chassis/testing";
import { prepareKeys, type ServiceKeys } from "../../../chassis/src/topology/keys/keys.ts";
import { moduleOf } from "../../../chassis/src/topology/system/load-definitions.ts";
import { commandOf } from "../../../chassis/src/topology/system/service-command.ts";
import { shop } from "../../topology.ts";
import { shopFolder } from "./fixtures/running-shop.ts";
import { assertEndedInTime, runToEnd } from "./fixtures/start-to-end.ts";

let brokerUrl: string;
let keys: ServiceKeys;

before(async () => {
  brokerUrl = (await testDatabase(fileCleanup)).url;
  const folder = await shopFolder(fileCleanup);
  keys = await prepareKeys(join(folder, "keys"), shop.services);
});

/** The settings that a service needs when nobody supervises it. */
const settingsOf = async (name: string): Promise<NodeJS.ProcessEnv> => ({
  DATABASE_URL: (await testDatabase(fileCleanup)).url,
  BROKER_URL: brokerUrl,
  SERVICE_KEY_FILE: keys.privateKeyFile(name),
  SERVICE_PUBLIC_KEYS_FILE: keys.publicKeysFile,
});

/** The address that a service writes into its log when it is ready. */
async function readyUrl(service: ChildProcess): Promise<string> {
  if (!service.stdout) throw new Error("its output is not read");
  const seen: string[] = [];
  for await (const line of createInterface(service.stdout)) {
    seen.push(line);
    const { msg, url } = line.startsWith("{") ? JSON.parse(line) : {};
    if (msg === "ready") return url;
  }
  throw new Error(`it ended before it was ready:\n${seen.join("\n")}`);
}

describe("each service starts alone", { concurrency: 2 }, () => {
  for (const name of shop.services) {
    test(`${name} is ready on its own, and drains when asked`, async () => {
      const env = await settingsOf(name);
      const service = spawn(process.execPath, commandOf(shop, name), { env, stdio: ["ignore", "pipe", "inherit"] });
      fileCleanup.after(() => void service.kill("SIGKILL"));
      const url = await readyUrl(service);
      service.stdout?.resume();
      for (const path of ["/health/live", "/health/ready", "/health"]) {
        const response = await fetch(new URL(path, url));
        assert.equal(response.status, 200);
        assert.partialDeepStrictEqual(await response.json(), { status: "healthy", service: name });
      }
      const exit = once(service, "exit");
      service.kill("SIGTERM");
      assert.deepEqual(await exit, [0, null]);
    });

    test(`${name} with wrong settings ends within 5 s with one line for each`, async () => {
      const run = () => runToEnd(commandOf(shop, name), { PORT: "http", LOG_LEVEL: "loud" });
      const end = await run();
      const { code, lines } = end;
      const missing = ["DATABASE_URL", "BROKER_URL", "SERVICE_KEY_FILE", "SERVICE_PUBLIC_KEYS_FILE"];
      // The gateway has neither database nor messages, and no service calls it.
      const needed = name === "gateway" ? ["SERVICE_KEY_FILE"] : missing;
      const faults = ["PORT must", "LOG_LEVEL must", ...needed.map((each) => `${each} is`)];
      assert.equal(code, 1);
      assert.deepEqual(lines.map((line) => line.split(" ").slice(0, 2).join(" ")).sort(), faults.sort());
      await assertEndedInTime(moduleOf(shop, name), end, run);
    });
  }
});
