import type { Call } from "../../contract/call.ts";

/** Whether a call's answers are whole texts of JSON that end by themselves: others have a connection of their own. */
export const canMultiplex = ({ shape: { timeout, replies } }: Call): boolean =>
  timeout !== 0 && Object.values(replies).every((schema) => schema === null || !("contentMediaType" in schema));
