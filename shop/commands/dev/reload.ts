import type { ModuleGraph } from "./module-graph.ts";
import type { CheckTypes, TypeFault } from "./type-check.ts";
import { watchFiles } from "./watch-files.ts";

/** What a reload needs of the system that runs. */
export type ReloadOptions = {
  /** What each service is made of, by what is saved by now; `saved` names what has to be read again. */
  readGraphs(saved: readonly string[]): ReadonlyMap<string, ModuleGraph>;
  /** When the services began to start, in milliseconds since 1970: what was saved later they may not have read. */
  readonly since: number;
  readonly checkTypes: CheckTypes;
  /** Lets new processes of a service follow the old ones: see the supervisor's `replace`. */
  replace(service: string, approved: Promise<boolean>, signal: AbortSignal): Promise<string[]>;
  /** Tells the person who develops. */
  say(text: string): void;
};

/** Watches what the services are made of, and restarts those that a saved file is part of. Returns what ends that. */
export function startReload(options: ReloadOptions): () => void {
  const { readGraphs, since, say } = options;
  let known = readGraphs([]);
  /** The services that do not run what is saved. */
  const pending = new Set<string>();
  let current = new AbortController();
  // What is wrong already is told, and the first save need not wait for all types.
  let running = reload(options, known, pending, current.signal);

  const files = watchFiles(since, (saved) => {
    const before = known;
    known = readGraphs(saved);
    files.set(watched(known));
    const concerned = [...known.keys()].filter((service) =>
      saved.some((path) => isPart(before.get(service)?.runs, path) || isPart(known.get(service)?.runs, path)),
    );
    for (const service of concerned) pending.add(service);
    say(
      `saved ${saved.map(short).join(", ")}: ${concerned.length > 0 ? `restarts ${concerned.join(", ")}` : "types only"}`,
    );
    current.abort();
    current = new AbortController();
    const { signal } = current;
    const graphsNow = known;
    running = running.then(() => reload(options, graphsNow, pending, signal));
  });
  files.set(watched(known));
  return () => {
    current.abort();
    files.close();
  };
}

/** Starts the services that are `pending`, and takes out those that run then. */
async function reload(
  { checkTypes, replace, say }: ReloadOptions,
  graphs: ReadonlyMap<string, ModuleGraph>,
  pending: Set<string>,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const began = performance.now();
  const checking = checkTypes(signal);
  const told = checking.then((faults) => {
    for (const { line } of faults) say(line);
  });
  const replaced = [...pending].map(async (service) => {
    const approved = checking.then(
      (faults) => !faults.some(({ path }: TypeFault) => isPart(graphs.get(service)?.types, path)),
    );
    const ends = await replace(service, approved, signal);
    if (signal.aborted) return;
    for (const end of ends) say(end);
    const isNew = ends.length === 0 && (await approved);
    if (isNew) pending.delete(service);
    const seconds = ((performance.now() - began) / 1_000).toFixed(2);
    say(isNew ? `${service} is ready again after ${seconds} s` : `${service} stays as it was until that is mended`);
  });
  await Promise.all([told, ...replaced]);
}

const watched = (graphs: ReadonlyMap<string, ModuleGraph>): Set<string> =>
  new Set(Array.from(graphs.values(), ({ types, runs }) => [...types, ...runs]).flat());

const isPart = (paths: ReadonlySet<string> | undefined, path: string): boolean =>
  paths !== undefined && (paths.has(path) || paths.has(path.slice(0, path.lastIndexOf("/") + 1)));

const short = (path: string): string => path.split("/").slice(-3).join("/");
