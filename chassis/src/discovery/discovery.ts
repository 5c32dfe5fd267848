/** The addresses of each service's instances, `http://host:port`. */
export type Instances = Readonly<Record<string, readonly string[]>>;

/** Finds the instances of a service. */
export interface Discovery {
  /** The known addresses of `service`, at once and without waiting; empty when none is known. */
  instances(service: string): readonly string[];
  /** Ends what keeps the addresses fresh. */
  close(): Promise<void>;
}
