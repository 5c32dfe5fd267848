import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type { ConfigurationError } from "../../core/configuration/config.ts";
import type { Cleanup } from "../../testing/servers/postgres.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { defineTopology, type Topology } from "../topology.ts";
import { loadContracts } from "./load-definitions.ts";
import { readSystem } from "./read-system.ts";

const chassis = (path: string) => JSON.stringify(new URL(`../../${path}`, import.meta.url).href);
const imports = `
  import { call } from ${chassis("contract/call.ts")};
  import { contract } from ${chassis("contract/contract.ts")};
  import { event } from ${chassis("contract/event.ts")};
  import { Fields, Id } from ${chassis("contract/schema.ts")};
  import { defineService } from ${chassis("service/definition.ts")};
  import { defineGateway } from ${chassis("gateway/host/gateway-definition.ts")};
  const happened = event("thing.happened", { key: "id", body: Fields({ id: Id }) });
  const ask = call("GET /things", { access: "internal", replies: { 204: null } });
  const wire = () => ({ ask: async () => undefined });
`;

/** A list of services beside files with these texts; each text follows what all of them need. */
async function written(t: Cleanup, files: Record<string, string>, list: Omit<Topology, "at">): Promise<Topology> {
  const folder = await temporaryFolder(t);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), `${imports}\n${text}`);
  }
  return defineTopology(pathToFileURL(join(folder, "topology.ts")).href, list);
}

const things = `export const service = defineService(contract("things", { calls: { ask }, events: { happened } }), { wire });`;
const reader = `export const service = defineService(contract("reader"), { calls: { things: { ask } }, consumes: [happened] });`;

async function faultsOf(t: Cleanup, files: Record<string, string>, list: Omit<Topology, "at">): Promise<string[]> {
  const topology = await written(t, files, list);
  return readSystem(topology).then(
    () => [],
    (error: ConfigurationError) => [...error.faults],
  );
}

test("a service is a folder beside the list, with or without src, and a contract has a file of its own or has not", async (t) => {
  const files = {
    "things/src/service.ts": `import { things } from "../../contracts/things.ts"; export const service = defineService(things, { wire });`,
    "contracts/things.ts": `export const things = contract("things", { calls: { ask }, events: { happened } });`,
    "reader/service.ts": reader,
  };
  const topology = await written(t, files, { services: ["things", "reader"] });
  const { services } = await readSystem(topology);
  assert.deepEqual(
    services.map(({ name, calls, consumes }) => ({ name, calls, consumes })),
    [
      { name: "things", calls: [], consumes: [] },
      { name: "reader", calls: ["things"], consumes: ["thing.happened"] },
    ],
  );
  const contracts = await loadContracts(topology);
  assert.deepEqual(
    contracts.map(({ service }) => service),
    ["things", "reader"],
  );
});

test("what does not fit together is told before anything starts, one line for each that says what to do", async (t) => {
  const list = { services: ["things", "reader"] };
  const both = { "things/service.ts": things, "reader/service.ts": reader };
  const cases: [files: Record<string, string>, list: Omit<Topology, "at">, ...faults: string[]][] = [
    [both, list],
    [
      { "reader/service.ts": reader },
      { services: ["reader"] },
      "reader consumes thing.happened, which no service publishes: add it to a contract, or take it out of `consumes`",
      "reader calls things, which is not in the list: add it, or take it out of `calls`",
    ],
    [
      {
        ...both,
        "things/service.ts": `export const service = defineService(contract("things", { events: { happened } }), {});`,
      },
      list,
      "reader calls GET /things of things, which its contract does not have: take it out of `calls`",
    ],
    [
      { ...both, "copy/service.ts": things.replace('"things"', '"reader"') },
      { services: ["things", "reader", "copy"] },
      "there are two services named reader: copy/service.ts is copy in the list",
    ],
    [
      { "copy/service.ts": things },
      { services: ["copy"] },
      "copy/service.ts is named things in its contract and copy in topology.ts: give it one name",
    ],
    [
      both,
      { services: ["things", "reader", "missing"] },
      "topology.ts names missing, but neither ./missing/service.ts nor ./missing/src/service.ts is there: write it, or take the name off",
    ],
    [
      { ...both, "empty/service.ts": "export const nothing = 1;" },
      { services: ["things", "reader", "empty"] },
      "empty/service.ts exports no `service`: write export const service = defineService(contract, { … })",
    ],
    [
      { ...both, "contracts/left.ts": `export const left = contract("left", { calls: { ask } });` },
      list,
      "left has a contract (contracts/left.ts) and no service: add it to the list, or delete the file",
    ],
    [
      { ...both, "reader/service.ts": things.replace('"things"', '"reader"') },
      list,
      "thing.happened is published by things and reader: rename one",
    ],
    [
      { ...both, "door/service.ts": `export const service = defineGateway({ gateway: "door", title: "Test" });` },
      { services: ["things", "reader", "door"] },
      'door is a gateway, and not the edge of the list: add edge: "door"',
    ],
    [
      both,
      { ...list, edge: "things" },
      "things is the edge of the list, and no gateway: write its service with defineGateway",
    ],
  ];
  for (const [files, topology, ...faults] of cases) assert.deepEqual(await faultsOf(t, files, topology), faults);
});
