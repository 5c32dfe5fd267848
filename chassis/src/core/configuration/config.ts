import { Ajv, type ErrorObject } from "ajv";
import addFormats from "ajv-formats";
import type { Static, TObject } from "typebox";
import { type Environment, readRawSetting } from "./environment.ts";

export type { Environment };

/** A setting is missing or wrong. `faults` has one line for each, without any value in it (values may be secrets). */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.faults = faults;
  }
}

// The schemas are ours, and strict mode knows their keywords: to compile the standard's own costs each start more than all of them.
const ofOurs = { strict: true, meta: false, validateSchema: false };
const ajv = new Ajv({ ...ofOurs, allErrors: true, coerceTypes: true, useDefaults: true });
addFormats.default(ajv);

/**
 * Reads the settings that `schema` names from `environment`: numbers and booleans are parsed, defaults filled in, empty variables count
 * as absent, and `NAME_FILE` names a file that holds the setting `NAME`. Throws one {@link ConfigurationError} that names every fault.
 */
export function readConfig<Schema extends TObject>(schema: Schema, environment: Environment): Static<Schema> {
  const settings: Record<string, unknown> = {};
  const faults = new Map<string, string>();
  for (const name of Object.keys(schema.properties)) {
    const { value, fault } = readRawSetting(name, environment);
    if (value !== undefined) settings[name] = value;
    if (fault !== undefined) faults.set(name, fault);
  }
  const validate = ajv.compile<Static<Schema>>(schema);
  if (validate(settings) && faults.size === 0) return settings;
  // What could not be read is not missing as well.
  const others = (validate.errors ?? []).filter((error) => !faults.has(settingOf(error)));
  throw new ConfigurationError([...faults.values(), ...others.map(describe)]);
}

const settingOf = ({ keyword, params, instancePath }: ErrorObject): string =>
  keyword === "required" ? params["missingProperty"] : instancePath.slice(1);

function describe(error: ErrorObject): string {
  if (error.keyword === "required") return `${settingOf(error)} is not set`;
  return `${settingOf(error)} ${error.message}`;
}
