// The peers are there only once the benchmark has been run: this is what it uses of them.
declare module "@dbos-inc/dbos-sdk" {
  export const DBOS: {
    setConfig(config: { name: string; systemDatabaseUrl: string; logLevel: string; runAdminServer: boolean }): void;
    registerWorkflow(workflow: () => Promise<void>, options: { name: string }): () => Promise<void>;
    runStep(step: () => Promise<void>, options: { name: string }): Promise<void>;
    launch(): Promise<void>;
    shutdown(): Promise<void>;
  };
}

declare module "@restatedev/restate-sdk" {
  export type Context = { run(name: string, step: () => Promise<void>): Promise<void> };
  export function service(definition: {
    name: string;
    handlers: Record<string, (context: Context) => Promise<void>>;
  }): object;
  export function serve(options: { services: object[]; port: number }): Promise<number>;
}
