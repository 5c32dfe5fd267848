import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { Environment } from "../../core/configuration/config.ts";
import type { Instances } from "../../discovery/discovery.ts";
import { HELD } from "../../service/host/process.ts";
import { v8Settings } from "./compile-cache.ts";
import type { ProcessRecord } from "./left-processes.ts";
import { lastWords, openProcessLog } from "./process-log.ts";
import { signal } from "./running-process.ts";

/** One process of a service, to be started now or later. */
export type ChildPlan = {
  /** Shown in lists of processes. */
  readonly title: string;
  /** What Node.js runs, and with what arguments. */
  readonly command: readonly string[];
  readonly environment: Environment;
  readonly logFile: string;
  readonly record: ProcessRecord;
  /** A socket that it inherits, as file descriptor {@link INHERITED}. */
  readonly socket?: number | undefined;
  /** The loopback port at which it lets a debugger attach once it is asked to (SIGUSR1). */
  readonly inspectPort?: number | undefined;
  /** It only loads what it runs until it is let go. */
  readonly held?: boolean | undefined;
};

/** The file descriptor as which a process finds the socket it inherits: behind the three of all processes and our channel. */
export const INHERITED = 4;

/** A process that was started. */
export type Child = {
  readonly pid: number;
  /** Its address, once it said that it is ready; undefined when it ended before. */
  readonly ready: Promise<string | undefined>;
  /** Resolves when it says that it has found those whom it calls. It may never do so. */
  readonly found: Promise<void>;
  /** Resolves when it says that it is about to end and wants no more work. It may never do so. */
  readonly draining: Promise<void>;
  /** Resolves when it has let go of everything, or has ended: only what it was compiled to is still to be written down. */
  readonly stopped: Promise<void>;
  /** How it ended. */
  readonly ended: Promise<Ended>;
  /** Tells it where everybody is. */
  tell(instances: Instances): void;
  /** Lets one that is held begin. */
  letGo(): void;
  /** Lets it drain; kills it after 10 s. Resolves when it has ended. */
  stop(): Promise<void>;
  kill(): void;
};

/** How a process ended: in words, whether because it was asked to, and what it said last if not. */
export type Ended = { readonly how: string; readonly asked: boolean; readonly words: readonly string[] };

type FromChild = { type?: unknown; url?: unknown };

const PATIENCE = 10_000;
const LAST_WORDS = 4;
const trimMemory = new URL("./trim-memory.ts", import.meta.url).href;

/**
 * Starts a process that speaks the supervisor's protocol: it sends `{ type: "ready", url }`, then `{ type: "found" }`, and before its
 * end `{ type: "draining" }` and `{ type: "stopped" }`; it gets `{ type: "instances", instances }`,
 * and `{ type: "go" }` when it is held. It has a session of its own, so that a
 * terminal's signals reach the supervisor alone, which then ends it by SIGTERM; when the supervisor is gone, the child sees its channel
 * closed and ends by itself.
 */
export async function startChild(plan: ChildPlan): Promise<Child> {
  const log = await openProcessLog(plan.logFile);
  const { size } = await log.stat();
  const process = launch(plan, log.fd);
  await log.close();
  const ended = endOf(process).then(async (end) =>
    end.asked ? end : { ...end, words: await lastWords(plan.logFile, size, LAST_WORDS).catch(() => []) },
  );
  const pid = process.pid;
  if (pid === undefined) throw new Error(`${plan.title} does not start: ${(await ended).how}`);
  await plan.record.add(pid);
  const kill = () => {
    signal(pid, "SIGKILL");
  };
  return {
    pid,
    ready: Promise.race([readyUrl(process), ended.then(() => undefined)]),
    found: heard(process, "found").then(() => {}),
    draining: heard(process, "draining").then(() => {}),
    stopped: Promise.race([heard(process, "stopped"), ended]).then(() => {}),
    ended: ended.finally(() => plan.record.remove(pid)),
    tell: (instances) => send(process, { type: "instances", instances }),
    letGo: () => send(process, { type: "go" }),
    kill,
    async stop() {
      signal(pid, "SIGTERM");
      const abort = new AbortController();
      const late = delay(PATIENCE, "late", { signal: abort.signal }).catch(() => {});
      if ((await Promise.race([ended, late])) === "late") kill();
      abort.abort();
      await ended;
    },
  };
}

/** A channel that closes meanwhile means the child is ending, which is seen elsewhere. */
function send(child: ChildProcess, message: object): void {
  if (child.connected) child.send(message, () => {});
}

function launch({ held, command, title, environment, socket, inspectPort }: ChildPlan, log: number): ChildProcess {
  const settings = [...v8Settings, ...(inspectPort === undefined ? [] : [`--inspect-port=127.0.0.1:${inspectPort}`])];
  return spawn(process.execPath, [...settings, "--import", trimMemory, ...command, title], {
    env: held ? { ...environment, [HELD]: "1" } : environment,
    detached: true,
    stdio: ["ignore", log, log, "ipc", ...(socket === undefined ? [] : [socket])],
  });
}

const readyUrl = (child: ChildProcess): Promise<string> => heard(child, "ready").then(({ url }) => String(url));

function heard(child: ChildProcess, type: string): Promise<FromChild> {
  return new Promise((resolve) => {
    child.on("message", (message: FromChild) => {
      if (message?.type === type) resolve(message);
    });
  });
}

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ how: error.message, asked: false, words: [] }));
    child.once("exit", (code, name) =>
      resolve({ how: name ? `was ended by ${name}` : `ended with exit code ${code}`, asked: code === 0, words: [] }),
    );
  });
}
