import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** A service of a Compose file, as far as it is read here. */
export type ComposeService = {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly target?: string; readonly args?: Record<string, string> };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly profiles?: readonly string[];
  readonly container_name?: string;
  readonly healthcheck?: object;
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly user?: string;
  readonly networks?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { condition: string; required?: boolean }>>;
  readonly deploy?: { readonly resources?: { readonly limits?: object } };
};

/** A Compose file with its variables replaced and its parts merged. */
export type ComposeFile = {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
};

/** Reads a Compose file as Compose does where none of its variables is set: parts are merged first, then variables replaced. */
export const readCompose = (path: string): ComposeFile =>
  withDefaults(parse(readFileSync(path, "utf8"), { merge: true })) as ComposeFile;

function withDefaults(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll(/\$\{\w+(?::?-([^}]*))?\}/g, (_, otherwise = "") => otherwise);
  if (Array.isArray(value)) return value.map(withDefaults);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withDefaults(each)]));
}
