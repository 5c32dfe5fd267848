import { addService } from "./new-service.ts";
import { createSystem } from "./new-system.ts";

const usage =
  "Say what is new: flotilla new NAME makes a system, flotilla new service NAME adds a service to the one here";

/** `flotilla new …` in `folder`. Throws, in one line, when that can't be made; then nothing was written. */
export function runNew(words: readonly string[], folder: string): number {
  const [first, second, ...rest] = words;
  if (first === undefined || rest.length > 0) throw new Error(usage);
  if (first === "service" && second !== undefined) console.log(addService(folder, second).join("\n"));
  else if (second === undefined && first !== "service") console.log(createSystem(folder, first).join("\n"));
  else throw new Error(usage);
  return 0;
}
