import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Measure, Measured } from "./closed-loop.ts";

/** Somebody who runs sagas, as a process of its own. */
export type Subject = {
  readonly process: ChildProcess;
  /** How many sagas it ends in a second. */
  measure(measure: Measure): Promise<number>;
  ask<Answer>(question: object): Promise<Answer>;
  stop(): Promise<void>;
};

/** Starts `subject-NAME.ts` on a database; resolves when it is ready. */
export async function startSubject(name: string, databaseUrl: string, args: string[] = []): Promise<Subject> {
  const child = fork(new URL(`./subject-${name}.ts`, import.meta.url), args, {
    env: { ...process.env, DATABASE_URL: databaseUrl, RESTATE_LOGGING: "ERROR" },
    execArgv: ["--expose-gc"],
  });
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`${name} ended with ${code}`);
  });
  failed.catch(() => {});
  const answer = () => Promise.race([once(child, "message"), failed]);
  await answer();
  const ask = async <Answer>(question: object): Promise<Answer> => {
    child.send(question);
    const [answered] = await answer();
    return answered as Answer;
  };
  return {
    process: child,
    ask,
    measure: async (measure) => (await ask<Measured>(measure)).rate,
    async stop() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}
