/** As much of the peers as is used, so that the compiler needs none of them. */
declare module "pg-boss" {
  export class PgBoss {
    constructor(url: string);
    on(event: "error", listener: () => void): void;
    start(): Promise<unknown>;
    stop(options: { graceful: boolean }): Promise<void>;
    createQueue(name: string): Promise<void>;
    insert(name: string, jobs: { data: object }[]): Promise<unknown>;
    fetch<Data>(name: string, options: { batchSize: number }): Promise<{ id: string; data: Data }[]>;
    complete(name: string, ids: string[]): Promise<unknown>;
  }
}

declare module "graphile-worker" {
  type Queryable = { query(text: string, values: unknown[]): Promise<unknown> };
  export class Logger {
    constructor(scoped: () => () => void);
  }
  export function makeWorkerUtils(options: { connectionString: string }): Promise<{
    migrate(): Promise<void>;
    release(): Promise<void>;
    withPgClient(work: (client: Queryable) => Promise<unknown>): Promise<unknown>;
  }>;
  export function run(options: {
    pgPool: unknown;
    concurrency: number;
    noHandleSignals: boolean;
    logger: Logger;
    taskList: Record<string, (payload: unknown) => Promise<void>>;
    preset: object;
  }): Promise<{ stop(): Promise<void> }>;
}
