import { after } from "node:test";

/** The part of a test's context that cleans up. */
export type Cleanup = { after(hook: () => void | Promise<void>): void };

const hooks: (() => void | Promise<void>)[] = [];
const lastHooks: (() => void | Promise<void>)[] = [];

after(async () => {
  for (let hook = hooks.shift(); hook; hook = hooks.shift()) await hook();
  for (const hook of lastHooks) await hook();
});

/** Cleans up after all tests of a file: hooks run in the order they were given, and those given by hooks after them. */
export const fileCleanup: Cleanup = { after: (hook) => void hooks.push(hook) };

/** Calls `hook` after everything else of the file has been cleaned up: for what the rest still needs until then. */
export const afterEverything = (hook: () => void | Promise<void>): void => void lastHooks.push(hook);
