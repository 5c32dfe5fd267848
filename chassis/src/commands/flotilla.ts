#!/usr/bin/env node
import { spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { ownNode } from "./own-node.ts";

const usage = `Usage:
  flotilla new NAME           makes a system of two services in the folder NAME
  flotilla new service NAME   adds a service to the system in this folder
  flotilla start              runs the system in this folder
  flotilla test [FILE …]      runs its tests`;

/** What is loaded for a command is what it needs: `new` is quick, and works on every Node.js that npm works on. */
async function run(words: readonly string[]): Promise<number> {
  const [command, ...rest] = words;
  switch (command) {
    case "new":
      return (await import("./scaffold/new.ts")).runNew(rest, process.cwd());
    case "start":
    case "test":
      return realpathSync(process.execPath) === ownNode() ? runHere(command, rest) : runOnOwnNode(words);
    case undefined:
    case "help":
    case "--help":
      console.log(usage);
      return 0;
    default:
      throw new Error(`There is no command ${command}: flotilla help lists them`);
  }
}

async function runHere(command: "start" | "test", rest: readonly string[]): Promise<number> {
  const folder = process.cwd();
  if (command === "test") return (await import("./run-tests.ts")).runTests(folder, rest, process.env);
  return (await import("./start/start.ts")).start(folder, process.env);
}

/** Runs the same command with the Node.js that was installed with us. Signals go to it, which then ends as it should. */
function runOnOwnNode(words: readonly string[]): Promise<number> {
  const child = spawn(ownNode(), [process.argv[1] as string, ...words], { stdio: "inherit" });
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => child.kill(name));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
