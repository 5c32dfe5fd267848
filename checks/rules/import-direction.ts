import { posix } from "node:path";
import { type Fault, fault, isForTests, type Project, type Rule, resolve } from "./project.ts";
import type { Import, Source } from "./source.ts";

/** The folders of the chassis: each imports only itself and those before it. */
export const chassisFolders = [
  "core",
  "contract",
  "context",
  "telemetry",
  "database",
  "discovery",
  "identity",
  "http",
  "messaging",
  "client",
  "saga",
  "service",
  "gateway",
  "topology",
  "testing",
  "commands",
];

/** Inside the chassis imports point to the left. Tests may look anywhere. */
export const chassisDirection: Rule = (project) =>
  eachImport(project, (source, named, target) => {
    const [from, to] = [chassisFolder(source.path), chassisFolder(target)];
    if (from !== undefined && isEntryPoint(target))
      return fault(
        source,
        named.line,
        `${named.specifier} is an entry point, for users: import what it names from its own file`,
      );
    if (from === undefined || to === undefined || isForTests(source.path)) return undefined;
    const [rank, other] = [chassisFolders.indexOf(from), chassisFolders.indexOf(to)];
    if (rank === -1 || other === -1)
      return fault(source, named.line, `is in an unknown folder of the chassis, or names one`);
    return other > rank ? fault(source, named.line, `${from} must not import ${to}`) : undefined;
  });

const chassisFolder = (path: string | undefined): string | undefined => path?.match(/^chassis\/src\/([^/]+)\//)?.[1];

/** The checks, the benchmarks, the entry point for tests, and the command that runs them. */
const mayTest = /^(checks|bench)\/|^chassis\/src\/(testing|commands\/run-tests)\.ts$/;

const isEntryPoint = (path: string | undefined): boolean =>
  path !== undefined && /^chassis\/src\/[^/]+\.ts$/.test(path);

/** Nothing but tests and benchmarks imports what is there for tests. */
export const testingStaysInTests: Rule = (project) =>
  eachImport(project, (source, { line, specifier }, target) => {
    const named = target !== undefined && (isForTests(target) || chassisFolder(target) === "testing");
    const may = isForTests(source.path) || chassisFolder(source.path) === "testing" || mayTest.test(source.path);
    return named && !may ? fault(source, line, `${specifier} is for tests`) : undefined;
  });

/**
 * Imports inside a service point down: service, calls and events, use cases and sagas, then stores, domain and the rest.
 * The domain imports nothing but types, other domain files, and refusals to raise.
 */
export const serviceDirection: Rule = (project) =>
  eachImport(project, (source, { line, typeOnly, specifier }, target) => {
    const service = serviceOf(source.path);
    if (isForTests(source.path) || service === undefined) return undefined;
    const pure = typeOnly || isForDomain(specifier) || (target !== undefined && isDomain(project, target));
    if (isDomain(project, source.path) && !pure) return fault(source, line, `the domain must not import ${specifier}`);
    if (target === undefined || serviceOf(target) !== service) return undefined;
    const [from, to] = [layerOf(project, source.path), layerOf(project, target)];
    const against = to < from || (to === from && to < USE_CASE);
    return against ? fault(source, line, `${layers[from]} must not import ${layers[to]}`) : undefined;
  });

const layers = ["the wiring", "a call or event", "a use case or saga", "a store or the domain"];
const USE_CASE = 2;

function layerOf(project: Project, path: string): number {
  const name = posix.basename(path);
  if (name === "service.ts") return 0;
  if (name === "calls.ts" || name === "events.ts") return 1;
  if (name.endsWith("-store.ts") || isDomain(project, path)) return 3;
  return name.endsWith(".saga.ts") || usesStore(project, path) ? USE_CASE : 3;
}

/** A use case is known by what it needs: a store. */
function usesStore(project: Project, path: string): boolean {
  const source = project.sources.find((each) => each.path === path);
  return source?.imports.some(({ specifier }) => specifier.endsWith("-store.ts")) ?? false;
}

/** `order.ts` beside `order-store.ts` is the domain. */
const isDomain = (project: Project, path: string): boolean =>
  !path.endsWith("-store.ts") && project.files.has(path.replace(/\.ts$/, "-store.ts"));

/** The refusals that rules raise, and the values of the contracts. */
const isForDomain = (specifier: string): boolean =>
  specifier === "@flotilla/chassis/failure" || specifier.startsWith("@flotilla/contracts/");

/** The folder of the service that a file belongs to. */
export const serviceOf = (path: string): string | undefined => path.match(/^shop\/([^/]+)\/src\//)?.[1];

/** Asks `judge` about every import of every file, with the file of ours that it names. */
export function eachImport(
  project: Project,
  judge: (source: Source, named: Import, target: string | undefined) => Fault | undefined,
): Fault[] {
  return project.sources.flatMap((source) =>
    source.imports.flatMap((named) => judge(source, named, resolve(project, source, named)) ?? []),
  );
}
