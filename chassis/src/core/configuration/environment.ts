import { readFileSync } from "node:fs";

/** The variables a process was started with. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a setting was set to, or what is wrong with how it was set. */
export type RawSetting = { readonly value?: string; readonly fault?: string };

/**
 * Reads a setting as text: the variable `NAME`, or the content of the file that `NAME_FILE` names, without the line break at its end.
 * Secrets come by file, since the environment of a process is shown in many places. Empty is absent; both is a fault.
 */
export function readRawSetting(name: string, environment: Environment): RawSetting {
  const value = environment[name] || undefined;
  const path = environment[`${name}_FILE`] || undefined;
  if (path === undefined) return value === undefined ? {} : { value };
  if (value !== undefined) return { fault: `${name} and ${name}_FILE are both set` };
  try {
    const content = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    return content === "" ? {} : { value: content };
  } catch (error) {
    return { fault: `${name}_FILE names a file that can't be read (${(error as NodeJS.ErrnoException).code})` };
  }
}
