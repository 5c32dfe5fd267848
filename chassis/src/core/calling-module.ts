import { getCallSites } from "node:util";

/**
 * The module that called the function which calls this: `file:///…/shop/orders/src/service.ts`. Undefined when it is not a file. So that what a
 * module declares is known by where it stands, without each saying so.
 */
export function callingModule(): URL | undefined {
  const name = getCallSites(3, { sourceMap: false })[2]?.scriptName;
  return name?.startsWith("file:") ? new URL(name) : undefined;
}
