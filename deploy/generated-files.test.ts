import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fillRegions } from "./compose/regions.ts";
import { generatedFiles, root, shopSystem } from "./generated-files.ts";

for (const [path, content] of await generatedFiles()) {
  test(`${path} is what follows from the topology: npm run tool -- deploy-files`, () => {
    assert.equal(readFileSync(root + path, "utf8"), content);
  });
}

const nothing = { edge: false, publishes: [], internalCallers: {} };

test("another service in the topology changes what is deployed", async () => {
  const planted = { ...nothing, name: "planted_service", calls: ["orders"], consumes: ["order.confirmed"] };
  const files = await generatedFiles({ ...shopSystem, services: [...shopSystem.services, planted] });
  assert.match(files.get("compose.yaml") ?? "", /SERVICE: planted_service/);
  assert.match(files.get("deploy/postgres/databases.sql") ?? "", /create database flotilla_planted_service/);
});

test("what is generated goes where it belongs, and what is written by hand stays", () => {
  const text = "a\n  # generated: x\n  old\n  # end\nb\n";
  assert.equal(fillRegions(text, { x: "new\n\n  deeper\n" }), "a\n  # generated: x\n  new\n\n    deeper\n  # end\nb\n");
  assert.throws(() => fillRegions(text, { y: "new" }), /no place for the generated y/);
  assert.throws(() => fillRegions("# generated: x\n", { x: "new" }), /no place/);
});
