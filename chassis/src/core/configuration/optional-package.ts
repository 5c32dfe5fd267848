import { ConfigurationError } from "./config.ts";

/** Imports what needs a package that only some install. Throws a ConfigurationError, in one line, when the package is not there. */
export async function withPackage<T>(name: string, setting: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" || !message.includes(`'${name}'`)) throw error;
    throw new ConfigurationError([`${setting} needs the package ${name}, which is not installed: npm install ${name}`]);
  }
}
