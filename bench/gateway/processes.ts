import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Processes on cores of their own, until `stop`. What they print goes to a file named like them. */
export type Processes = {
  /** Starts a program that listens on `port`; resolves with its process id when it does. */
  listening(name: string, core: string, command: readonly string[], port: number): Promise<number>;
  /** Starts a program for Node.js; resolves with what it says first. */
  node(name: string, core: string, file: string, environment: Record<string, string>): Promise<Said>;
  /** A port that is free. */
  port(): Promise<number>;
  stop(): Promise<void>;
};
type Said = { readonly pid: number; readonly said: unknown };

/** Makes the means to start processes whose files are in `folder`. */
export function startProcesses(folder: string): Processes {
  const children: ChildProcess[] = [];

  async function run(name: string, core: string, command: readonly string[], environment = {}): Promise<ChildProcess> {
    const log = await open(join(folder, `${name}.log`), "w");
    const child = spawn("taskset", ["-c", core, ...command], {
      env: { ...process.env, NODE_ENV: "production", ...environment },
      stdio: ["ignore", log.fd, "inherit", "ipc"],
    });
    await log.close();
    children.push(child);
    return child;
  }

  return {
    async listening(name, core, command, port) {
      const child = await run(name, core, command);
      await isListening(port);
      return child.pid as number;
    },
    async node(name, core, file, environment) {
      const child = await run(name, core, [process.execPath, file], environment);
      const [said] = await once(child, "message");
      return { pid: child.pid as number, said };
    },
    port: freePort,
    async stop() {
      for (const child of children) child.kill("SIGTERM");
      await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, "exit")));
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function isListening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const answers = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "close").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (answers) return;
    await delay(20);
  }
}
