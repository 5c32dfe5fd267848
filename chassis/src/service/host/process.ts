import { ConfigurationError } from "../../core/configuration/config.ts";
import { type StaticDiscovery, staticDiscovery } from "../../discovery/static.ts";
import type { Running, Surroundings } from "./surroundings.ts";

/** What the supervisor tells a process that it started. */
type FromSupervisor = { type: "instances"; instances: Record<string, string[]> } | { type: "go" };

/** With this in its environment a process loads what it runs, and begins when the supervisor sends `{ type: "go" }`. */
export const HELD = "FLOTILLA_HELD";

/**
 * Runs a service as this process: starts it with the process's environment, tells the supervisor (if there is one) when it is
 * ready, when it has found those whom it calls, when it is about to stop and when it has, and stops it on SIGTERM, SIGINT or when the
 * supervisor is gone. A wrong setting ends the process with one line for each fault and exit code 1.
 */
export async function runProcess(start: (surroundings: Surroundings) => Promise<Running>): Promise<void> {
  const told = (process.env["DISCOVERY_URL"] ?? "static:") === "static:";
  const discovery = process.send && told ? supervisedDiscovery() : undefined;
  const stopRequested = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stopRequested.resolve());
  process.on("disconnect", () => stopRequested.resolve());
  try {
    const starting = start({ environment: process.env, ...(discovery ? { discovery } : {}) });
    const running = await Promise.race([starting, stopRequested.promise]);
    if (!running) process.exit(0);
    process.send?.({ type: "ready", url: running.url });
    if (process.send) void running.found().then(() => tell("found"));
    await stopRequested.promise;
    await tell("draining");
    await running.stop();
    await tell("stopped");
    process.exit(0);
  } catch (error) {
    if (error instanceof ConfigurationError) for (const fault of error.faults) console.error(fault);
    else console.error(error);
    process.exit(1);
  }
}

/** Resolves when a process that has loaded what it runs may begin: at once, unless the supervisor holds it. */
export async function mayBegin(): Promise<void> {
  if (!process.env[HELD] || !process.connected) return;
  await new Promise<void>((resolve) => {
    process.on("message", ({ type }: FromSupervisor) => type === "go" && resolve());
  });
}

/** Tells the supervisor, if there is one, how far we are. */
function tell(type: "found" | "draining" | "stopped"): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.({ type }, () => resolve());
    else resolve();
  });
}

/** The supervisor knows where every instance listens, and says so whenever that changes. */
function supervisedDiscovery(): StaticDiscovery {
  const discovery = staticDiscovery({});
  process.on("message", (message: FromSupervisor) => {
    if (message.type === "instances") discovery.update(message.instances);
  });
  return discovery;
}
