import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { ConfigurationError, type Environment } from "../../core/configuration/config.ts";
import type { Log } from "../../telemetry/log.ts";
import { memoryLimitStore } from "../admission/limit-store.ts";
import { countForWorker } from "../admission/worker-limits.ts";

export type WorkersOptions = {
  /** How many. */
  readonly count: number;
  readonly environment: Environment;
  readonly log: Log;
};

/** Worker processes that serve at one address. */
export type Workers = {
  readonly url: string;
  /** Resolves when each of those that were started first has found the services. */
  found(): Promise<void>;
  stop(): Promise<void>;
};

type Message = { readonly type: string; readonly url?: string; readonly instances?: unknown };

/** The setting that tells a worker which one it is, counted from 0. One that takes another's place has its number. */
export const WORKER_NUMBER = "GATEWAY_WORKER_NUMBER";

/** Whether this process is one of the workers. */
export const isWorker = (): boolean => cluster.isWorker;

/** Milliseconds before a worker that has ended is replaced. */
const PAUSE = 500;

/**
 * Runs a gateway as several processes, to use several cores: each runs what this one runs, serves on the address of the settings, which all
 * share, and says `ready` when it does. This process takes the connections and deals them out, tells the
 * workers where services are when it is told, counts their limits, and replaces a worker that ends. Throws when they can't start.
 */
export async function startWorkers({ count, environment, log }: WorkersOptions): Promise<Workers> {
  const store = memoryLimitStore();
  let instances: Message | undefined;
  let stopping = false;
  const numbers = new WeakMap<Worker, number>();

  function start(number: number): Worker {
    const worker = cluster.fork({ ...environment, [WORKER_NUMBER]: String(number) });
    numbers.set(worker, number);
    countForWorker(worker, store);
    if (instances) worker.send(instances);
    return worker;
  }

  const tell = (message: Message): void => {
    if (message.type !== "instances") return;
    instances = message;
    for (const worker of running()) if (worker.isConnected()) worker.send(message);
  };
  process.on("message", tell);

  const replace = async (worker: Worker, code: number): Promise<void> => {
    if (stopping) return;
    log.error({ pid: worker.process.pid, code }, "a worker ended, another takes its place");
    await delay(PAUSE);
    if (!stopping) start(numbers.get(worker) ?? 0);
  };

  async function stop(): Promise<void> {
    stopping = true;
    process.off("message", tell);
    const ended = running().map((worker) => once(worker, "exit"));
    for (const worker of running()) worker.process.kill("SIGTERM");
    await Promise.all(ended);
  }

  const workers = Array.from({ length: count }, (_, number) => start(number));
  const found = Promise.all(workers.map((worker) => heard(worker, "found")));
  const urls = await Promise.all(workers.map(readyUrl)).catch(async (error) => {
    await stop();
    throw error;
  });
  cluster.on("exit", replace);
  return {
    url: urls[0] as string,
    found: () => found.then(() => {}),
    async stop() {
      cluster.off("exit", replace);
      await stop();
    },
  };
}

const running = (): Worker[] => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);

const heard = (worker: Worker, type: string): Promise<Message> =>
  new Promise((resolve) => worker.on("message", (message: Message) => message.type === type && resolve(message)));

function readyUrl(worker: Worker): Promise<string> {
  const ended = once(worker, "exit").then(() => {
    throw new ConfigurationError(["a worker of the gateway could not start"]);
  });
  return Promise.race([heard(worker, "ready").then(({ url = "" }) => url), ended]);
}
