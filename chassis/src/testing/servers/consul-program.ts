import { execFile, execFileSync } from "node:child_process";
import { access, constants, cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { arch, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Debian's last suite that has Consul's agent (1.8). */
const SUITE = "bullseye";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

const cached = fileURLToPath(new URL("../../../../node_modules/.cache/flotilla/consul", import.meta.url));
const onPath = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "consul"));

/** Where Consul's program is: installed, or fetched by {@link fetchConsul}. Undefined when it is neither. */
export async function findConsul(): Promise<string | undefined> {
  for (const path of [...onPath, cached]) {
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return path;
  }
  return undefined;
}

/**
 * Fetches Debian's package of Consul and unpacks its program into the cache; nothing is installed. The mirror is the one that this
 * machine's apt uses, and the package is checked with Debian's own keys. Rejects when that can't be done, and says why.
 */
export async function fetchConsul(): Promise<string> {
  const mirror = mirrorOfMachine();
  const folder = await mkdtemp(join(tmpdir(), "flotilla-consul-"));
  try {
    const options = await privateApt(folder, mirror);
    await run("apt-get", [...options, "update"], { cwd: folder });
    await run("apt-get", [...options, "download", "consul"], { cwd: folder });
    const archive = (await readdir(folder)).find((name) => name.endsWith(".deb"));
    if (archive === undefined) throw new Error("apt-get downloaded nothing");
    await run("dpkg", ["-x", archive, "unpacked"], { cwd: folder });
    await mkdir(dirname(cached), { recursive: true });
    // Complete or not there, also when several fetch it at once.
    await cp(join(folder, "unpacked", "usr", "bin", "consul"), `${cached}.${process.pid}`);
    await rename(`${cached}.${process.pid}`, cached);
    return cached;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The first source of Debian that this machine's apt knows, security updates apart. */
function mirrorOfMachine(): string {
  const text = execFileSync("apt-get", ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"], {
    encoding: "utf8",
  });
  const mirror = text.split("\n").find((uri) => /\/debian\/?$/.test(uri));
  if (mirror === undefined) throw new Error("this machine's apt knows no mirror of Debian");
  return mirror;
}

/** Options for an apt of our own, that knows one source and nothing of what is installed. */
async function privateApt(folder: string, mirror: string): Promise<string[]> {
  const architecture = { x64: "amd64", arm64: "arm64" }[arch() as string];
  if (architecture === undefined) throw new Error(`there is no package of Consul for ${arch()}`);
  await mkdir(join(folder, "lists", "partial"), { recursive: true });
  await mkdir(join(folder, "cache", "archives", "partial"), { recursive: true });
  await writeFile(join(folder, "status"), "");
  await writeFile(
    join(folder, "sources.list"),
    `deb [arch=${architecture} signed-by=${KEYRING}] ${mirror} ${SUITE} main\n`,
  );
  const settings = {
    "Dir::Etc::sourcelist": join(folder, "sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "Dir::State::lists": join(folder, "lists"),
    "Dir::State::status": join(folder, "status"),
    "Dir::Cache": join(folder, "cache"),
    "APT::Architecture": architecture,
    "APT::Architectures": architecture,
    "APT::Sandbox::User": "",
    "Acquire::Languages": "none",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
  };
  return ["-q", ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`])];
}
