import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { fileCleanup } from "@flotilla/chassis/testing";
import { httpServer } from "../../../../chassis/src/testing/servers/http-server.ts";
import { temporaryFolder } from "../../../../chassis/src/testing/temporary-folder.ts";
import { type Shop, startShop } from "../../fixtures/shop.ts";
import type { Visitor } from "../../fixtures/visitor.ts";
import { madeUsers, newSessions } from "../made-users.ts";
import { operations } from "../operations.ts";
import { findSchemathesis } from "./schemathesis-program.ts";

const program = await findSchemathesis();
const skip = program ? false : "Schemathesis is not there: npm run tool -- fetch-schemathesis";

/** For each of the two runs; the first phase alone takes half of it on a quiet machine. */
const SECONDS = process.env["SCHEMATHESIS_SECONDS"] ?? "75";
const CASES = process.env["SCHEMATHESIS_CASES"] ?? "5";
const SEED = process.env["SECURITY_SEED"] ?? "20261128";
const UNLIMITED = "100000000";

type Report = {
  readonly operations: { total: number; errored: number };
  readonly test_cases: { generated: number };
  readonly failures: readonly unknown[];
  readonly errors: readonly unknown[];
};

let shop: Shop;

before(async () => {
  if (skip) return;
  const gateway = { RATE_LIMIT_SIGN_IN: UNLIMITED, RATE_LIMIT_ADDRESS: UNLIMITED, RATE_LIMIT_USER: UNLIMITED };
  shop = await startShop(fileCleanup, { environment: { gateway } });
});

/** Answers each request with a good access token: of a session of the user, and to close an account, of a new customer. */
async function tokenServer(t: TestContext, user: Visitor["user"]): Promise<string> {
  const [session, customer] = [await newSessions(shop, user), await madeUsers(shop, shop.admin.user.id)];
  const { url } = await httpServer(t, async ({ url }, response) => {
    response.end(url === "/deleteUser" ? (await customer()).token : await session());
  });
  return url;
}

async function runSchemathesis(t: TestContext, user: Visitor["user"]): Promise<{ report: Report; output: string }> {
  const folder = await temporaryFolder(t);
  const report = join(folder, "report.json");
  const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(
    program as string,
    [
      ...["--config-file", here("schemathesis.toml"), "run", `${shop.url("gateway")}/api/openapi.json`],
      ...[
        "--checks",
        "all",
        "--continue-on-failure",
        "--max-examples",
        CASES,
        "--max-time",
        SECONDS,
        "--seed",
        SEED,
        "--workers",
        "1",
      ],
      ...["--generation-database", "none", "--no-color", "--report", "json", "--report-json-path", report],
    ],
    {
      cwd: folder,
      env: {
        ...{ PATH: process.env["PATH"], HOME: folder, PYTHONDONTWRITEBYTECODE: "1" },
        ...{ SCHEMATHESIS_HOOKS: here("hooks.py"), SHOP_TOKENS: await tokenServer(t, user) },
      },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  t.after(() => child.kill("SIGKILL"));
  const exit = once(child, "close");
  let output = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) output += chunk;
  await exit;
  return { report: JSON.parse(await readFile(report, "utf8")), output };
}

const people: Record<string, () => Promise<Visitor["user"]>> = {
  "a customer": async () => {
    const ann = await shop.customer("Ann");
    const { id } = await shop.admin.addProduct({ name: "Compass", price: 1_200 }, 1_000);
    await ann.order(id, 1);
    return ann.user;
  },
  "an administrator": async () => shop.admin.user,
};

for (const [who, user] of Object.entries(people)) {
  test(`what ${who} is answered is what the OpenAPI document says, and nothing bad is taken`, { skip }, async (t) => {
    const { report, output } = await runSchemathesis(t, await user());
    const { operations: count, test_cases: cases, failures, errors } = report;
    assert.deepEqual([failures, errors], [[], []], output);
    const expected = operations.filter(({ call }) => call.shape.access !== "internal").length;
    assert.deepEqual([count.total, count.errored], [expected, 0], output);
    // How many there is time for depends on the machine.
    assert.ok(cases.generated >= 100, output);
  });
}
