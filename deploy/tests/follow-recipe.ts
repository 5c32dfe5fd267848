import { execFile } from "node:child_process";
import { cp, mkdir, readFile, stat } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { root } from "../generated-files.ts";
import { ignoredBy } from "./ignored.ts";
import { readRecipe, type Stage } from "./recipe.ts";

/** A service as its image has it, in a folder instead of an image. */
export type Built = {
  readonly workingFolder: string;
  readonly command: readonly string[];
  /** What a container of it finds in its environment before anybody adds to it, and a PATH with this Node.js in front. */
  readonly environment: Readonly<Record<string, string>>;
};

/** A stage of the recipe while it is followed; `folder` stands for the root of its file system. */
type State = {
  readonly folder: string;
  readonly service: string;
  workingFolder: string;
  environment: Record<string, string>;
  command: string[];
};

type Around = { ignored(path: string): boolean; folderOf(stage: string): string };

/**
 * Builds a service as the Dockerfile says, below `folder`: the same files are copied, the same commands run. Instead of the base image and the
 * account that the recipe names there are this machine and ours.
 */
export async function followRecipe(service: string, folder: string): Promise<Built> {
  const ignored = ignoredBy(await readFile(`${root}.dockerignore`, "utf8"));
  const around = { ignored, folderOf: (stage: string) => join(folder, stage) };
  const stages = readRecipe(await readFile(`${root}Dockerfile`, "utf8"));
  let state: State | undefined;
  for (const stage of stages.filter(({ name }) => name !== "secrets")) {
    state = { folder: join(folder, stage.name), service, workingFolder: "/", environment: here(), command: [] };
    await followStage(stage, state, around);
  }
  if (!state) throw new Error("the recipe has no stages");
  return { ...state, workingFolder: join(state.folder, state.workingFolder) };
}

const here = (): Record<string, string> => ({
  PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
  HOME: process.env["HOME"] ?? "/",
});

async function followStage(stage: Stage, state: State, around: Around): Promise<void> {
  for (const { name, rest } of stage.instructions) {
    const text = rest.replaceAll(/\$\{SERVICE\}/g, state.service);
    await (instructions[name] ?? unknown(name))(text, state, around);
  }
}

type Follow = (text: string, state: State, around: Around) => void | Promise<void>;

const nothing: Follow = () => {};
const unknown = (name: string): Follow => {
  throw new Error(`nobody knows how to follow ${name}`);
};

const instructions: Readonly<Record<string, Follow>> = {
  ARG: nothing,
  EXPOSE: nothing,
  HEALTHCHECK: nothing,
  USER: nothing,
  COPY: copy,
  RUN: run,
  CMD: (text, state) => {
    state.command = JSON.parse(text);
  },
  ENV: (text, state) => {
    const pairs = text.split(" ").map((pair) => pair.split("="));
    for (const [name = "", value = ""] of pairs) state.environment[name] = placed(value, state);
  },
  WORKDIR: async (text, state) => {
    state.workingFolder = text;
    await mkdir(join(state.folder, text), { recursive: true });
  },
};

/** The image's /app is below our folder. */
const placed = (text: string, { folder }: State): string =>
  text.replaceAll(/(^|[\s=])\/app\b/g, (_, before) => `${before}${join(folder, "app")}`);

async function copy(text: string, state: State, { ignored, folderOf }: Around): Promise<void> {
  const [, stage, paths = ""] = /^(?:--from=(\S+) )?(.*)$/.exec(text) ?? [];
  const sources = paths.split(" ");
  const target = sources.pop() ?? "";
  const base = target.startsWith("/") ? state.folder : join(state.folder, state.workingFolder);
  for (const each of sources) {
    const source = join(stage === undefined ? root : folderOf(stage), each);
    const isFolder = (await stat(source)).isDirectory();
    const place = join(base, target, target.endsWith("/") && !isFolder ? basename(each) : "");
    const filter = (path: string) => stage !== undefined || !ignored(path.slice(root.length));
    await cp(source, place, { recursive: true, filter, verbatimSymlinks: true });
  }
}

async function run(text: string, state: State): Promise<void> {
  const command = text.startsWith("[") ? (JSON.parse(text) as string[]) : ["sh", "-ec", text];
  const [program = "", ...args] = command.map((each) => placed(each, state));
  const cwd = join(state.folder, state.workingFolder);
  // How the network is reached is this machine's business; what was downloaded before needs not be asked for again.
  const env = { ...process.env, npm_config_prefer_offline: "true", ...state.environment };
  await promisify(execFile)(program, args, { cwd, env, maxBuffer: 2 ** 24 });
}
