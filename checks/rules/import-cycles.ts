import { type Project, type Rule, resolve } from "./project.ts";

/** No file imports itself by way of others, types included. */
export const noCycles: Rule = (project) => {
  const graph = importGraph(project);
  const done = new Set<string>();
  return [...graph.keys()].flatMap((start) => {
    const cycle = findCycle(graph, start, done);
    return cycle ? [`${cycle[0]}:1 imports itself: ${cycle.join(" → ")}`] : [];
  });
};

function importGraph(project: Project): Map<string, string[]> {
  return new Map(
    project.sources.map((source) => [
      source.path,
      source.imports.flatMap((named) => resolve(project, source, named) ?? []),
    ]),
  );
}

/** Depth first; `done` holds files from which no new cycle can be found. */
function findCycle(
  graph: Map<string, string[]>,
  path: string,
  done: Set<string>,
  trail: string[] = [],
): string[] | undefined {
  if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
  if (done.has(path)) return undefined;
  for (const next of graph.get(path) ?? []) {
    const cycle = findCycle(graph, next, done, [...trail, path]);
    if (cycle) {
      for (const member of cycle) done.add(member);
      return cycle;
    }
  }
  done.add(path);
  return undefined;
}
