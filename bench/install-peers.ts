import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Installs what bench/package.json says, if one of `peers` is not there yet. */
export async function installPeers(peers: readonly string[]): Promise<void> {
  const folder = new URL("./", import.meta.url);
  if (peers.every((peer) => existsSync(new URL(`node_modules/${peer}/`, folder)))) return;
  console.log("installing the peers");
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--workspaces=false"];
  const npm = spawn("npm", args, { cwd: fileURLToPath(folder), stdio: "inherit" });
  const [code] = await once(npm, "exit");
  if (code !== 0) throw new Error("the peers could not be installed");
}
