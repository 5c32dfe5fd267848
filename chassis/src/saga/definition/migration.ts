/** What a migration sees of a stored instance, and what it makes of it. JSON throughout. */
export type MigratedState = {
  readonly input: object;
  /** What the steps added so far. */
  readonly added: object;
  /** The step to do next, or to undo next; null when only the failure is left to record. */
  readonly step: string | null;
};

/** Makes the state of an older version one of a newer version. Pure; throws when it can't. */
export type Migration = (stored: MigratedState & { readonly compensating: boolean }) => MigratedState;
