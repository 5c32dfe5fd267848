import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, systemClock } from "../../core/clock.ts";
import type { Environment } from "../../core/configuration/config.ts";
import type { Instances } from "../../discovery/discovery.ts";
import type { Progress } from "../progress.ts";
import type { RunningInstance } from "../run-file.ts";
import { type System, type SystemService, tiersOf } from "../system/system.ts";
import { type Ended, startChild } from "./child.ts";
import { keepRunning, type Slot } from "./keep-running.ts";
import { type ProcessRecord, recordProcesses } from "./left-processes.ts";
import { openInspector } from "./open-inspector.ts";
import { boundLog } from "./process-log.ts";

/** Services that run as processes, and are kept running. */
export type Supervisor = {
  /** Resolves when every process is ready and has found those whom it calls; rejects when one can't or does not, and says why. */
  readonly ready: Promise<void>;
  /** The processes of each service that were ready last. */
  running(): Record<string, RunningInstance[]>;
  /**
   * Lets the processes of a service be followed by new ones: each old one runs until its new one is ready, which begins when `approved` resolves with
   * true. A new one that ends before, is not approved or is not wanted any more (`signal`) changes nothing. Resolves with why those that ended did.
   */
  replace(service: string, approved: Promise<boolean>, signal: AbortSignal): Promise<string[]>;
  /** Stops all processes, tier by tier. Resolves when none is left. */
  stop(): Promise<void>;
  /** Ends all processes at once, and starts none again; what they were doing is taken up after the next start. */
  kill(): void;
};

export type SupervisorOptions = {
  system: System;
  /** What Node.js runs for a process of a service, and with what arguments. */
  commandOf(service: string): readonly string[];
  /** How many processes each service gets. */
  replicas: ReadonlyMap<string, number>;
  /** Where logs go, and what is needed to find the processes again. */
  dataFolder: string;
  /** The whole environment of a process; `last` is where its predecessor listened. */
  environmentOf(service: SystemService, last: string | undefined): Environment;
  /** The file descriptor of the socket that the processes of the service at the edge share. Without, it listens for itself. */
  edgeSocket?: number | undefined;
  onProgress(progress: Progress): void;
  /** Called with where everybody is, whenever that changes. */
  onInstances?: ((instances: Instances) => void) | undefined;
  /** Called after a process has been ready, when all were ready once. */
  onChange(): void;
  /** The services that a debugger may attach to, and at which port of the loopback address; each further process of one has the next. */
  inspect?: ReadonlyMap<string, number> | undefined;
  clock?: Clock;
};

type Place = {
  service: SystemService;
  title: string;
  logFile: string;
  last?: RunningInstance;
  /** How the process that ran before ended. */
  end?: Ended;
  /** `draining`: it takes work if there is nobody else. */
  state: "ready" | "draining" | "gone";
  slot: Slot;
};

/** What the places of a supervisor share. */
type Shared = SupervisorOptions & {
  readonly clock: Clock;
  readonly logs: string;
  readonly record: ProcessRecord;
  readonly places: Place[];
  /** Tells every process where the others are. */
  tellAll(): void;
  /** Whether all were ready once. */
  complete: boolean;
};

/** Starts all processes at once, and keeps each running. Each is told where the others are whenever that changes. */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { clock = systemClock } = options;
  const logs = join(options.dataFolder, "logs");
  await mkdir(logs, { recursive: true, mode: 0o700 });
  const record = recordProcesses(options.dataFolder);
  const places: Place[] = [];
  const tellAll = () => {
    const known = instancesOf(places);
    options.onInstances?.(known);
    for (const { slot } of places) slot.current()?.tell(known);
  };
  const shared: Shared = { ...options, clock, logs, record, places, tellAll, complete: false };
  for (const service of options.system.services) {
    const count = options.replicas.get(service.name) ?? 1;
    for (let number = 1; number <= count; number++) places.push(occupy(shared, service, number));
  }
  const ready = allReady(places, clock).then(() => {
    shared.complete = true;
  });
  ready.catch(() => {});
  const bounding = setInterval(() => {
    for (const { logFile } of places) boundLog(logFile);
  }, LOG_INTERVAL);
  return {
    ready,
    running: () => group(places, ({ last }) => (last ? [last] : [])),
    async replace(service, approved, signal) {
      const concerned = places.filter((place) => place.service.name === service);
      const replaced = concerned.map(async ({ title, logFile, slot }) => {
        const result = await slot.replace(approved, signal);
        return typeof result === "object" ? [inLines(`${title} ${result.how} (see ${logFile})`, result)] : [];
      });
      return (await Promise.all(replaced)).flat();
    },
    kill: () => {
      for (const { slot } of places) slot.kill();
    },
    async stop() {
      await stopByTiers(options.system, places);
      clearInterval(bounding);
      await record.clear();
    },
  };
}

function occupy(shared: Shared, service: SystemService, number: number): Place {
  const { logs, record, places, tellAll, clock } = shared;
  const title = `${service.name}-${number}`;
  const logFile = join(logs, `${title}.log`);
  const progress = (state: Progress["state"], detail?: string) => shared.onProgress({ subject: title, state, detail });
  const first = shared.inspect?.get(service.name);
  const inspectPort = first === undefined ? undefined : first + number - 1;
  const start = (held: boolean) => {
    const environment = {
      ...shared.environmentOf(service, place.last?.url),
      INSTANCES: JSON.stringify(instancesOf(places)),
    };
    const socket = service.edge ? shared.edgeSocket : undefined;
    const command = shared.commandOf(service.name);
    return startChild({ title, command, environment, logFile, record, socket, inspectPort, held });
  };
  const events = {
    starting: () => progress("starting"),
    ready: (instance: RunningInstance) => {
      Object.assign(place, { last: instance, state: "ready" });
      tellAll();
      progress("ready", instance.url);
      if (inspectPort !== undefined) void openInspector(instance.pid, inspectPort, clock);
      if (shared.complete) shared.onChange();
    },
    draining: () => {
      place.state = "draining";
      tellAll();
    },
    ended: (end: Ended, milliseconds: number) => {
      Object.assign(place, { state: "gone", end });
      tellAll();
      const again = `${end.how}, starts again in ${Math.ceil(milliseconds)} ms`;
      progress("ended", end.asked ? again : inLines(`${again} (see ${logFile})`, end));
    },
  };
  const place = { service, title, logFile, state: "gone" } as Place;
  place.slot = keepRunning(start, events, clock);
  return place;
}

/** Callers first; the next tier as soon as one has let go of everything. Resolves when all have ended. */
async function stopByTiers(system: System, places: readonly Place[]): Promise<void> {
  for (const tier of tiersOf(system)) {
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

async function firstReady(place: Place): Promise<void> {
  try {
    await place.slot.firstReady;
  } catch (error) {
    throw new Error(
      inLines(`${place.title} does not start: it ${(error as Error).message} (see ${place.logFile})`, place.end),
    );
  }
}

const inLines = (line: string, end: Ended | undefined): string => [line, ...(end?.words ?? [])].join("\n    ");

/** Milliseconds between looks at how large the logs have grown. */
const LOG_INTERVAL = 1_000;

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
