import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, systemClock } from "../core/clock.ts";
import type { Environment } from "../core/config.ts";
import type { Instances } from "../discovery/discovery.ts";
import { startChild } from "./child.ts";
import { keepRunning, type Slot } from "./keep-running.ts";
import { recordProcesses } from "./left-processes.ts";
import { lastLines } from "./process-log.ts";
import type { Progress } from "./progress.ts";
import type { RunningInstance } from "./run-file.ts";
import { servicesOf, type Topology, type TopologyService } from "./topology.ts";

/** Services that run as processes, and are kept running. */
export type Supervisor = {
  /** Resolves when every process is ready and has found those whom it calls; rejects when one can't or does not, and says why. */
  readonly ready: Promise<void>;
  /** The processes of each service that were ready last. */
  running(): Record<string, RunningInstance[]>;
  /** Stops all processes, tier by tier. Resolves when none is left. */
  stop(): Promise<void>;
  /** Ends all processes at once, and starts none again; what they were doing is taken up after the next start. */
  kill(): void;
};

export type SupervisorOptions = {
  topology: Topology;
  /** How many processes each service gets. */
  replicas: ReadonlyMap<string, number>;
  /** Where logs go, and what is needed to find the processes again. */
  dataFolder: string;
  /** The whole environment of a process; `last` is where its predecessor listened. */
  environmentOf(service: TopologyService, last: string | undefined): Environment;
  /** The file descriptor of the socket that the processes of the service at the edge share. Without, it listens for itself. */
  edgeSocket?: number | undefined;
  onProgress(progress: Progress): void;
  /** Called with where everybody is, whenever that changes. */
  onInstances?: ((instances: Instances) => void) | undefined;
  /** Called after a process has been ready, when all were ready once. */
  onChange(): void;
  clock?: Clock;
};

type Place = {
  service: TopologyService;
  title: string;
  logFile: string;
  last?: RunningInstance;
  /** `draining`: it takes work if there is nobody else. */
  state: "ready" | "draining" | "gone";
  slot: Slot;
};

/** Starts all processes at once, and keeps each running. Each is told where the others are whenever that changes. */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { clock = systemClock } = options;
  const logs = join(options.dataFolder, "logs");
  await mkdir(logs, { recursive: true, mode: 0o700 });
  const record = recordProcesses(options.dataFolder);
  const places: Place[] = [];
  let complete = false;

  const tellAll = () => {
    const known = instancesOf(places);
    options.onInstances?.(known);
    for (const { slot } of places) slot.current()?.tell(known);
  };

  function occupy(service: TopologyService, number: number): Place {
    const title = `${service.name}-${number}`;
    const progress = (state: Progress["state"], detail?: string) =>
      options.onProgress({ subject: title, state, detail });
    const start = () => {
      const environment = {
        ...options.environmentOf(service, place.last?.url),
        INSTANCES: JSON.stringify(instancesOf(places)),
      };
      const socket = service.edge ? options.edgeSocket : undefined;
      return startChild({ title, main: service.main, environment, logFile: place.logFile, record, socket });
    };
    const events = {
      starting: () => progress("starting"),
      ready: (instance: RunningInstance) => {
        Object.assign(place, { last: instance, state: "ready" });
        tellAll();
        progress("ready", instance.url);
        if (complete) options.onChange();
      },
      draining: () => {
        place.state = "draining";
        tellAll();
      },
      ended: (how: string, milliseconds: number) => {
        place.state = "gone";
        tellAll();
        progress("ended", `${how}, starts again in ${Math.ceil(milliseconds)} ms`);
      },
    };
    const place = { service, title, logFile: join(logs, `${title}.log`), state: "gone" } as Place;
    place.slot = keepRunning(start, events, clock);
    return place;
  }

  for (const service of servicesOf(options.topology)) {
    const count = options.replicas.get(service.name) ?? 1;
    for (let number = 1; number <= count; number++) places.push(occupy(service, number));
  }
  const ready = allReady(places, clock).then(() => {
    complete = true;
  });
  ready.catch(() => {});
  return {
    ready,
    running: () => group(places, ({ last }) => (last ? [last] : [])),
    kill: () => {
      for (const { slot } of places) slot.kill();
    },
    async stop() {
      await stopByTiers(options.topology, places);
      await record.clear();
    },
  };
}

/** Callers first; the next tier as soon as one has let go of everything. Resolves when all have ended. */
async function stopByTiers({ tiers }: Topology, places: readonly Place[]): Promise<void> {
  for (const tier of tiers) {
    await Promise.all(places.filter(({ service }) => tier.includes(service)).map(({ slot }) => slot.drain()));
  }
  await Promise.all(places.map(({ slot }) => slot.stop()));
}

/** Milliseconds in which those who are ready find each other. */
const FOUND_WITHIN = 30_000;

async function allReady(places: readonly Place[], clock: Clock): Promise<void> {
  await Promise.all(places.map(firstReady));
  const seeking = new Set(places);
  const over = new AbortController();
  const late = clock.sleep(FOUND_WITHIN, over.signal).then(() => {
    const [{ title, logFile }] = [...seeking] as [Place];
    throw new Error(`${title} does not find those whom it calls (see ${logFile})`);
  });
  const found = places.map((place) => place.slot.firstFound.then(() => seeking.delete(place)));
  await Promise.race([Promise.all(found), late]).finally(() => over.abort());
}

async function firstReady({ slot, title, logFile }: Place): Promise<void> {
  try {
    await slot.firstReady;
  } catch (error) {
    const lines = await lastLines(logFile, 3).catch(() => []);
    throw new Error(
      [`${title} does not start: it ${(error as Error).message} (see ${logFile})`, ...lines].join("\n  "),
    );
  }
}

/** Where each service takes work: where a process is ready, or else where one is about to end. */
function instancesOf(places: readonly Place[]): Instances {
  const ready = urlsOf(places, "ready");
  const draining = urlsOf(places, "draining");
  return Object.fromEntries(
    Object.entries(ready).map(([service, urls]) => [service, urls.length > 0 ? urls : (draining[service] ?? [])]),
  );
}

const urlsOf = (places: readonly Place[], wanted: Place["state"]): Record<string, string[]> =>
  group(places, ({ state, last }) => (state === wanted && last ? [last.url] : []));

function group<T>(places: readonly Place[], values: (place: Place) => T[]): Record<string, T[]> {
  const groups: Record<string, T[]> = {};
  for (const place of places) groups[place.service.name] = [...(groups[place.service.name] ?? []), ...values(place)];
  return groups;
}
