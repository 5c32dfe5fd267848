import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { servicesOf } from "@flotilla/chassis/topology";
import { contracts } from "@flotilla/contracts/shop";
import { shop } from "../topology.ts";

/** The services whose typed clients are made in the sources of one: `client(payments)`, where `payments` is a contract. */
function clientsMadeBy(service: string): string[] {
  const folder = fileURLToPath(new URL(`../${service}/src/`, import.meta.url));
  const files = globSync("**/*.ts", { cwd: folder, exclude: ["**/*.test.ts", "**/*-under-test.ts"] });
  const sources = files.map((file) => readFileSync(`${folder}${file}`, "utf8"));
  const made = sources.flatMap((text) =>
    Array.from(text.matchAll(/\bclient\((\w+)\)/g), ([, variable]) => {
      const imported = new RegExp(`\\b${variable}\\b[^;]*from "@flotilla/contracts/(\\w+)"`).exec(text);
      return imported?.[1] ?? assert.fail(`${service}: client(${variable}) is the client of no contract`);
    }),
  );
  return [...new Set(made)].toSorted();
}

for (const { name, edge, calls = [] } of servicesOf(shop)) {
  test(`the topology says whom ${name} calls`, () => {
    const called = edge ? contracts.map(({ service }) => service).toSorted() : clientsMadeBy(name);
    assert.deepEqual(calls.toSorted(), called);
  });
}
