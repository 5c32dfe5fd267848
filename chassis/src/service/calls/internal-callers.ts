import { type Call, routeOf } from "../../contract/call.ts";
import { ConfigurationError } from "../../core/configuration/config.ts";

/** Who may make an internal call: the names of services. */
export type InternalCallers = (call: Call) => ReadonlySet<string>;

const nobody: ReadonlySet<string> = new Set();

/** Reads who may make which internal call: JSON of lists of services by routes. What is not named there nobody may. */
export function readInternalCallers(setting: string | undefined): InternalCallers {
  const callers = new Map(Object.entries(parse(setting ?? "{}")).map(([route, names]) => [route, new Set(names)]));
  return (call) => callers.get(routeOf(call)) ?? nobody;
}

function parse(setting: string): Record<string, string[]> {
  try {
    const parsed: unknown = JSON.parse(setting);
    const lists = Object.values(parsed as object);
    if (lists.every((list) => Array.isArray(list) && list.every((name) => typeof name === "string")))
      return parsed as Record<string, string[]>;
  } catch {}
  throw new ConfigurationError(['INTERNAL_CALLERS must be JSON like {"GET /contacts/{id}":["email"]}']);
}
