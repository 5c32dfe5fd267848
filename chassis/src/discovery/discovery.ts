/** The addresses of each service's instances, `http://host:port`. */
export type Instances = Readonly<Record<string, readonly string[]>>;

/** An instance of a service, as it makes itself known. */
export type OwnInstance = { readonly service: string; readonly url: string };

/** Finds the instances of a service. */
export interface Discovery {
  /**
   * The known addresses of `service`, at once and without waiting; empty when none is known. It is the same array until they change.
   * Who asks for a service the first time begins to look for it.
   */
  instances(service: string): readonly string[];
  /**
   * Makes an instance known to the others, and keeps it known; resolves with what takes it back. Never rejects: while the registry does
   * not answer, it is tried again. Nothing happens where somebody else tells who is there: a supervisor, or the keeper of the names.
   */
  register(instance: OwnInstance): Promise<() => Promise<void>>;
  /** Ends what keeps the addresses fresh. */
  close(): Promise<void>;
}
