import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

const cached = fileURLToPath(new URL("../../../../node_modules/.cache/flotilla/schemathesis", import.meta.url));
const wanted = fileURLToPath(new URL("requirements.txt", import.meta.url));
const installed = join(cached, "installed.txt");

/** Where Schemathesis is, once {@link fetchSchemathesis} has fetched it in the versions of requirements.txt. */
export async function findSchemathesis(): Promise<string | undefined> {
  const [is, has] = await Promise.all([wanted, installed].map((path) => readFile(path, "utf8").catch(() => undefined)));
  return is === has ? join(cached, "bin", "schemathesis") : undefined;
}

/**
 * Installs Schemathesis into a Python environment of its own in the cache. Only wheels are taken, so that no package runs a script
 * when it is installed. Rejects when there is no Python or no package index, and says why.
 */
export async function fetchSchemathesis(): Promise<void> {
  await mkdir(cached, { recursive: true });
  await run("python3", ["-m", "venv", "--clear", cached]);
  const install = ["install", "--quiet", "--only-binary", ":all:", "--requirement", wanted];
  await run(join(cached, "bin", "python"), ["-m", "pip", "--disable-pip-version-check", ...install]);
  await copyFile(wanted, installed);
}
