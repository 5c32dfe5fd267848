import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { eventually } from "../testing/eventually.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const logModule = new URL("./log.ts", import.meta.url).href;
const writing = (gather: number, what: string): string[] => [
  "--input-type=module",
  "--eval",
  `import { createLog } from ${JSON.stringify(logModule)};
  const log = createLog({ service: "s", level: "info", gather: ${gather} });
  const say = (count) => { for (let at = 0; at < count; at++) log.info({ at }, "said"); };
  ${what}`,
];

const numbers = (text: string): number[] =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line).at);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

for (const [how, what, code] of [
  ["exits", "say(500); process.exit(0);", 0],
  ["comes to its end", "say(500);", 0],
  ["fails", 'say(500); throw new Error("failed");', 1],
] as const) {
  test(`no line is lost, into a file or a pipe, when a process ${how}`, async (t) => {
    const file = join(await temporaryFolder(t), "log");
    const handle = await open(file, "w");
    const intoFile = spawn(process.execPath, writing(60_000, what), { stdio: ["ignore", handle.fd, "ignore"] });
    assert.deepEqual(await once(intoFile, "exit"), [code, null]);
    await handle.close();
    assert.deepEqual(numbers(await readFile(file, "utf8")), upTo(500));
    const intoPipe = spawn(process.execPath, writing(60_000, what), { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    intoPipe.stdout.setEncoding("utf8").on("data", (part) => {
      text += part;
    });
    await once(intoPipe, "close");
    assert.deepEqual(numbers(text), upTo(500));
  });
}

test("a line is written in time although no other follows", async (t) => {
  const child = spawn(process.execPath, writing(50, "say(1); setInterval(() => {}, 60_000);"), {
    stdio: ["ignore", "pipe", "ignore"],
  });
  t.after(() => child.kill("SIGKILL"));
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part) => {
    text += part;
  });
  await eventually(() => text.endsWith("\n"));
  assert.deepEqual(numbers(text), [0]);
});
