import { access, chown, constants, readFile, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** The account that PostgreSQL runs under, and how to start a program as that account. */
export type ServerAccount = {
  /** What to hand to `spawn` besides the program's own arguments. */
  command(program: string, args: readonly string[]): { program: string; args: string[]; uid?: number; gid?: number };
  /** Hands a file or folder of ours to the account. */
  give(path: string): Promise<void>;
};

type Account = { uid: number; gid: number };

const ourselves: ServerAccount = {
  command: (program, args) => ({ program, args: [...args] }),
  give: async () => {},
};

/**
 * PostgreSQL refuses to run as root, so root starts it as an account without rights: the one that owns `dataFolder` already,
 * else `postgres` or `nobody`. Anybody else starts it as themselves. `paths` are what the account must be able to reach: where
 * a folder above them is closed to it (a clone in /root), it gets the one capability that lets it through, by `setpriv`.
 */
export async function serverAccount(dataFolder: string, paths: readonly string[]): Promise<ServerAccount> {
  if (process.getuid?.() !== 0) return ourselves;
  const account = (await ownerOf(dataFolder)) ?? (await unprivilegedAccount());
  const give = (path: string) => chown(path, account.uid, account.gid);
  const closed = await closedFolder(paths, account);
  if (!closed) return { give, command: (program, args) => ({ program, args: [...args], ...account }) };
  const setpriv = await firstThatRuns(["/usr/bin/setpriv", "/bin/setpriv"]);
  if (!setpriv)
    throw new Error(`PostgreSQL does not run as root, and other users can't reach ${closed}: open it with chmod o+x`);
  const become = [`--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups"];
  const capability = ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"];
  return {
    give,
    command: (program, args) => ({ program: setpriv, args: [...become, ...capability, program, ...args] }),
  };
}

async function ownerOf(folder: string): Promise<Account | undefined> {
  const { uid, gid } = await stat(folder);
  return uid === 0 ? undefined : { uid, gid };
}

async function unprivilegedAccount(): Promise<Account> {
  const lines = (await readFile("/etc/passwd", "utf8").catch(() => "")).split("\n").map((line) => line.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const line = lines.find(([candidate]) => candidate === name);
    const [uid, gid] = [Number(line?.[2]), Number(line?.[3])];
    if (uid > 0 && gid > 0) return { uid, gid };
  }
  throw new Error("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as");
}

/** The first folder above one of `paths` that the account may not pass through. */
async function closedFolder(paths: readonly string[], account: Account): Promise<string | undefined> {
  for (const path of paths) {
    let folder = dirname(await realpath(path));
    while (await isOpen(folder, account)) {
      if (folder === dirname(folder)) break;
      folder = dirname(folder);
    }
    if (!(await isOpen(folder, account))) return folder;
  }
  return undefined;
}

async function isOpen(folder: string, account: Account): Promise<boolean> {
  const { mode, uid, gid } = await stat(folder);
  const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
  return (mode & bit) !== 0;
}

async function firstThatRuns(programs: readonly string[]): Promise<string | undefined> {
  for (const program of programs) {
    const runs = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return program;
  }
  return undefined;
}
