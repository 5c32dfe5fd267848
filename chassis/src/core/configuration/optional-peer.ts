import { ConfigurationError } from "./config.ts";

/** What is wrong, in one line, when a package that `setting` asks for is not installed; undefined when it is. */
export function missingPeer(name: string, setting: string): string | undefined {
  try {
    import.meta.resolve(name);
    return undefined;
  } catch {
    return `${setting} needs the package ${name}, which is not installed: npm install ${name}`;
  }
}

/** Throws a ConfigurationError when a package that `setting` asks for is not installed. */
export function requirePeer(name: string, setting: string): void {
  const fault = missingPeer(name, setting);
  if (fault) throw new ConfigurationError([fault]);
}
