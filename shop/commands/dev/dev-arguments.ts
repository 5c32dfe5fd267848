import { parseArgs } from "node:util";
import { levels } from "../logs/log-filter.ts";

/** What `npm run dev` was asked for. */
export type DevArguments = {
  /** Services and levels that lines of logs must have to be shown. */
  readonly words: readonly string[];
  /** Where debuggers may attach: the port of each service that was named. */
  readonly inspect: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
};

const FIRST_PORT = 9_229;
/** Ports for the processes of one service. */
const PORTS = 16;

/** Reads `[WORD …] [--inspect NAME …]`. One line for each thing that is wrong. */
export function devArguments(given: readonly string[], services: readonly string[]): DevArguments {
  try {
    const { positionals: words, values } = parseArgs({
      args: [...given],
      allowPositionals: true,
      options: { inspect: { type: "string", multiple: true, default: [] } },
    });
    const known = `: ${services.join(", ")}`;
    const faults = [
      ...values.inspect
        .filter((name) => !services.includes(name))
        .map((name) => `--inspect: no service is named ${name}${known}`),
      ...words
        .filter((word) => !services.includes(word) && !levels.includes(word))
        .map((word) => `${word} is neither a level (${levels.join(", ")}) nor a service${known}`),
    ];
    const inspect = new Map([...new Set(values.inspect)].map((name, index) => [name, FIRST_PORT + index * PORTS]));
    return { words, inspect, faults };
  } catch (error) {
    return {
      words: [],
      inspect: new Map(),
      faults: [`${(error as Error).message.split(".")[0]}: npm run dev -- [WORD …] [--inspect NAME]`],
    };
  }
}
