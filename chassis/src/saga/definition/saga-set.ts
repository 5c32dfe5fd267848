import type { AnySaga } from "./saga.ts";

/** The definitions that a process knows. */
export interface SagaSet {
  /**
   * The definition that an instance runs on: that of its version, else the newest one that migrates from it. Undefined when there is
   * neither.
   */
  find(name: string, version: number): AnySaga | undefined;
  /** The names and versions that {@link SagaSet.find} finds a definition for. */
  readonly known: readonly (readonly [name: string, version: number])[];
}

/** Makes the set of a service's sagas. Throws when one version of a saga is there twice. */
export function createSagaSet(sagas: readonly AnySaga[]): SagaSet {
  const byName = Map.groupBy(sagas, ({ name }) => name);
  for (const [name, versions] of byName) {
    versions.sort((a, b) => b.version - a.version);
    const twice = versions.find(({ version }, index) => versions[index + 1]?.version === version);
    if (twice) throw new Error(`there are two sagas "${name}", version ${twice.version}`);
  }
  return {
    known: sagas.flatMap(({ name, version, migrations }) =>
      [version, ...Object.keys(migrations).map(Number)].map((each) => [name, each] as const),
    ),
    find(name, version) {
      const versions = byName.get(name) ?? [];
      return versions.find((each) => each.version === version) ?? versions.find((each) => each.migrations[version]);
    },
  };
}
