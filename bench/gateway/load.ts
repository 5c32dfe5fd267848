import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What a run of load measured: requests a second, and the 99th percentile of their times in milliseconds. */
export type Measured = { readonly rate: number; readonly p99: number; readonly requests: number };

/** The core that subjects run on, and the one for the load and what is behind them. */
export const CORES = { subject: "0", load: "1" } as const;

/** Runs wrk: closed loop, 64 connections unless said otherwise, one thread. Throws when any answer was not 2xx. */
export async function load(
  url: string,
  { seconds, token, connections = 64 }: { seconds: number; token?: string; connections?: number },
): Promise<Measured> {
  const headers = token ? ["-H", `Authorization: Bearer ${token}`] : [];
  const options = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "--timeout", "10s", ...headers, url];
  const { stdout } = await promisify(execFile)("taskset", ["-c", CORES.load, "wrk", ...options]);
  const wrong = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(stdout);
  if (wrong) throw new Error(`${url}: ${wrong[0]}`);
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p99: milliseconds(/\b99%\s+([\d.]+)(us|ms|s)/.exec(stdout)),
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
  };
}

function milliseconds(match: RegExpExecArray | null): number {
  const factor = { us: 0.001, ms: 1, s: 1_000 }[match?.[2] ?? ""] ?? Number.NaN;
  return Number(match?.[1]) * factor;
}
