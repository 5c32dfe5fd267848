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

/** Reads a Compose file as Compose does where none of its variables is set. */
export function readCompose(path: string): ComposeFile {
  const text = readFileSync(path, "utf8").replaceAll(/\$\{\w+(?::?-([^}]*))?\}/g, (_, otherwise = "") => otherwise);
  return parse(text, { merge: true });
}
