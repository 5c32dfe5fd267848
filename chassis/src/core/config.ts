import { Ajv, type ErrorObject } from "ajv";
import addFormats from "ajv-formats";
import type { Static, TObject } from "typebox";

/** The variables a process was started with. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting is missing or wrong. `faults` has one line for each, without any value in it (values may be secrets). */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.faults = faults;
  }
}

const ajv = new Ajv({ allErrors: true, coerceTypes: true, useDefaults: true, strict: true });
addFormats.default(ajv);

/**
 * Reads the settings that `schema` names from `environment`: numbers and booleans are parsed, defaults filled in,
 * empty variables count as absent. Throws one {@link ConfigurationError} that names every fault.
 */
export function readConfig<Schema extends TObject>(schema: Schema, environment: Environment): Static<Schema> {
  const settings: Record<string, unknown> = {};
  for (const name of Object.keys(schema.properties)) {
    const value = environment[name];
    if (value !== undefined && value !== "") settings[name] = value;
  }
  const validate = ajv.compile<Static<Schema>>(schema);
  if (validate(settings)) return settings;
  throw new ConfigurationError((validate.errors ?? []).map(describe));
}

function describe(error: ErrorObject): string {
  if (error.keyword === "required") return `${error.params["missingProperty"]} is not set`;
  return `${error.instancePath.slice(1)} ${error.message}`;
}
