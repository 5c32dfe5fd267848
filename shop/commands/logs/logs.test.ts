import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Cleanup, temporaryFolder } from "@flotilla/chassis/testing";

const at = (second: number) => `2026-11-30T20:00:0${second}.000Z`;
const line = (level: string, second: number, fields: object) =>
  `${JSON.stringify({ level, time: at(second), ...fields })}\n`;

async function written(t: Cleanup): Promise<string> {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, "logs"));
  const files = {
    "gateway-1.log": line("info", 3, {
      method: "POST",
      route: "/api/orders",
      status: 202,
      requestId: "r1",
      msg: "request",
    }),
    "orders-1.log.1": line("info", 1, { msg: "ready" }),
    "orders-1.log":
      line("info", 2, { method: "POST", route: "/orders", status: 202, id: "o1", requestId: "r1", msg: "call" }) +
      line("error", 5, {
        requestId: "r2",
        err: { message: "no", stack: "Error: no\n    at x.ts:1" },
        msg: "it broke",
      }) +
      "Error: nothing caught it\n",
    "email-1.log": line("warn", 4, {
      event: "order.confirmed",
      key: "o1",
      attempt: 2,
      requestId: "r1",
      msg: "message",
    }),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, "logs", name), text);
  return folder;
}

function logs(dataFolder: string, words: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const file = fileURLToPath(new URL("./logs.ts", import.meta.url));
  const env = { PATH: process.env["PATH"], DATA_DIR: dataFolder, TZ: "UTC", ...environment };
  const { stdout, stderr, status } = spawnSync(process.execPath, [file, ...words], { encoding: "utf8", env });
  return { lines: stdout.split("\n").filter(Boolean), stderr, status };
}

test("the logs of all services are shown in one order of time, a line each", async (t) => {
  const { lines, status } = logs(await written(t), []);
  assert.equal(status, 0);
  assert.deepEqual(lines.slice(0, 4), [
    "20:00:01.000 orders        ready",
    "20:00:02.000 orders        POST /orders 202  id=o1 requestId=r1",
    "20:00:03.000 gateway       POST /api/orders 202  requestId=r1",
    "20:00:04.000 email         WARN order.confirmed handled at attempt 2  key=o1 requestId=r1",
  ]);
  assert.match(
    lines.slice(4).join("\n"),
    /ERROR it broke {2}requestId=r2\n +Error: no\n +at x.ts:1\n.*orders +Error: nothing/,
  );
});

const filters: [words: string[], seconds: string[]][] = [
  [["orders"], ["01", "02", "05", "05"]],
  [
    ["orders", "email"],
    ["01", "02", "04", "05", "05"],
  ],
  [["warn"], ["04", "05", "05"]],
  [["r1"], ["02", "03", "04"]],
  [["o1"], ["02", "04"]],
  [["r1", "orders"], ["02"]],
  [["r1", "o1", "warn"], ["04"]],
];
for (const [words, seconds] of filters)
  test(`the words ${words.join(" and ")} choose the lines that have them`, async (t) => {
    const { lines } = logs(await written(t), words);
    const shown = lines.filter((line) => !line.startsWith("    ")).map((line) => line.slice(6, 8));
    assert.deepEqual(shown, seconds);
  });

test("what no line has is said", async (t) => {
  const folder = await written(t);
  const { lines, stderr, status } = logs(folder, ["o7"]);
  assert.deepEqual([lines, status], [[], 1]);
  assert.match(stderr, /^no line has o7: a word is a service, a level, or an id/);
  assert.match(logs(join(folder, "elsewhere"), []).stderr, /there are no logs in .*: start a shop with npm start/);
});

test("there is colour where it is wanted, and none where it is not", async (t) => {
  const folder = await written(t);
  const coloured = (environment: NodeJS.ProcessEnv) => logs(folder, [], environment).lines.join().includes("\x1b[3");
  assert.deepEqual([coloured({ FORCE_COLOR: "1" }), coloured({ NO_COLOR: "1" }), coloured({})], [true, false, false]);
});
