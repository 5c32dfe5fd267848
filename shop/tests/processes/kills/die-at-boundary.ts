import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { listenAtBoundaries, type Work } from "../../../../chassis/src/telemetry/boundary.ts";
import type { Kill } from "./kills.ts";

// Loaded before a service's own code (`node --import`): ends the process where `service.json` in KILL_FOLDER says, once.
const folder = process.env["KILL_FOLDER"] ?? "";
// `run-service.ts LIST NAME`.
const service = process.argv[3];
const order = join(folder, `${service}.json`);

listenAtBoundaries((boundary, work) => {
  const kill = ordered();
  if (kill?.boundary !== boundary || !isAbout(kill, work)) return;
  try {
    renameSync(order, join(folder, `${kill.requestId}.landed`));
  } catch {
    return; // Another replica was faster.
  }
  process.kill(process.pid, "SIGKILL");
});

type Ordered = Pick<Kill, "boundary" | "about"> & { readonly requestId: string };

function ordered(): Ordered | undefined {
  try {
    return JSON.parse(readFileSync(order, "utf8"));
  } catch {
    return undefined;
  }
}

const isAbout = ({ requestId, about }: Ordered, work: Work): boolean =>
  work.requestId === requestId &&
  (about.step === undefined || about.step === work.step) &&
  (about.type === undefined || about.type === work.type);
