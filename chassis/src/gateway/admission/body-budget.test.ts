import assert from "node:assert/strict";
import { test } from "node:test";
import { rateLimited } from "../../core/failure/failure.ts";
import { answerJson } from "../../testing/servers/http-server.ts";
import { as, gatewayTo, libraryServer } from "../gateway.fixture.ts";
import { createBodyBudget } from "./body-budget.ts";
import { defaultLimits } from "./limit.ts";

test("who has spent what there is for refused bodies has to wait for the end of the minute, and nobody else", () => {
  let now = 0;
  const budget = createBodyBudget(1_000, () => now);
  budget.spend("ann", 600);
  budget.assertLeft("ann");
  budget.spend("ann", 600);
  assert.throws(() => budget.assertLeft("ann"), rateLimited.is);
  budget.assertLeft("bob");
  now = 60_000;
  budget.assertLeft("ann");
});

test("a sender of bodies that are refused has no further one read; good bodies, and reading, are not counted", async (t) => {
  let status = 201;
  const service = await libraryServer(t, (_, response) => answerJson(response, status, {}));
  const limits = { ...defaultLimits, refusedBytes: 2_000 };
  const { url } = await gatewayTo(t, [service.url], { limits });
  const body = "x".repeat(1_000);
  const post = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(url + path, { method: "POST", body, headers: { "content-type": "application/json", ...headers } }))
      .status;
  for (let n = 0; n < 5; n += 1) assert.equal(await post("/api/loans", as("ann")), 201);
  status = 400;
  for (const expected of [400, 400, 429, 429]) assert.equal(await post("/api/loans", as("ann")), expected);
  for (const expected of [400, 400, 429]) assert.equal(await post("/api/auth/login"), expected);
  assert.equal(await post("/api/loans", as("root")), 400, "another user");
  assert.equal((await fetch(`${url}/api/books`, { headers: as("ann") })).status, 400, "without a body");
});
