import type { Call } from "../../contract/call.ts";

/** A call and whose it is. */
export type Target = { readonly service: string; readonly name: string; readonly call: Call };
