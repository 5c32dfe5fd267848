import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Cleanup } from "@flotilla/chassis/testing";
import { freePort } from "../../chassis/src/topology/network/free-port.ts";
import { eventually } from "../../shop/tests/fixtures/visitor.ts";
import type { Built } from "./follow-recipe.ts";

/** A service that was built, as a process in place of a container. */
export type Container = {
  readonly name: string;
  readonly built: Built;
  readonly url: string;
  /** Starts it with what is added to its image's environment; it is killed at the end of the test. */
  start(t: Cleanup, environment: Readonly<Record<string, string>>): void;
  /** Resolves when it is ready; throws with what it wrote when it ended. */
  ready(): Promise<void>;
  /** Asks it to stop. Resolves with its exit code, its signal and what it wrote. */
  stop(): Promise<{ how: unknown[]; output: string }>;
};

/** A container of what was built, which listens at a port of its own: here all share one machine. */
export async function containerOf(name: string, built: Built): Promise<Container> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  let output = "";

  function running(): ChildProcess {
    return child ?? assert.fail(`${name} was not started`);
  }

  return {
    name,
    built,
    url,
    start(t, environment) {
      const [program = "", ...args] = built.command;
      const env = { ...built.environment, ...environment, PORT: String(port) };
      const started = spawn(program, args, { cwd: built.workingFolder, env, stdio: ["ignore", "pipe", "pipe"] });
      for (const stream of [started.stdout, started.stderr])
        stream.setEncoding("utf8").on("data", (chunk: string) => {
          output += chunk;
        });
      t.after(() => void started.kill("SIGKILL"));
      child = started;
    },
    async ready() {
      const isReady = async () => {
        assert.equal(running().exitCode, null, `${name} ended:\n${output}`);
        const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
        return answer?.status === 200 || undefined;
      };
      await eventually(`${name} is ready`, isReady, 60_000);
    },
    async stop() {
      const { exitCode } = running();
      const exit = exitCode === null ? once(running(), "exit") : [exitCode, "before it was asked to"];
      running().kill("SIGTERM");
      return { how: await exit, output };
    },
  };
}
