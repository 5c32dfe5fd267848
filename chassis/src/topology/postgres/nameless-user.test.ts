import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chown } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { stopPostmaster } from "./postmaster.ts";

const NOBODY = 54_321;
const become = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] as const;
const file = fileURLToPath(new URL("../fixtures/start-postgres.ts", import.meta.url));
const runs = (command: readonly string[]) => spawnSync(command[0] as string, command.slice(1)).status === 0;
const skip = process.getuid?.() !== 0 || !runs([...become, process.execPath, "--check", file]);

test("a user whom no account names gets a server where the system maps users, and else one line that says what to do", {
  skip: skip && "needs root, setpriv(1), and a folder that others may read",
}, async (t) => {
  const folder = await temporaryFolder(t);
  await chown(folder, NOBODY, NOBODY);
  const child = spawn(become[0], [...become.slice(1), process.execPath, file, folder], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  t.after(() => child.kill("SIGKILL"));
  const errors = text(child.stderr as NodeJS.ReadableStream as never);
  const [[first]] = await Promise.all([Promise.race([once(child, "message"), once(child, "exit")])]);
  if (runs([...become, "unshare", "--user", "--map-user=65534", "--map-group=65534", "true"])) {
    const { url, pid } = first as { url: string; pid: number };
    t.after(() => stopPostmaster(pid));
    assert.match(url, /^postgres:/);
  } else {
    assert.match(await errors, /PostgreSQL needs an account, and user id 54321 has none: add it to \/etc\/passwd/);
  }
});
