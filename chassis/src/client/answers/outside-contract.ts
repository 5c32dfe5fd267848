import { Failure, upstreamFailed } from "../../core/failure/failure.ts";

/** The failure of an answer that the contract does not know: `upstream_failed`, of the kind `bug`. */
export const outsideContract = (what: string, cause?: unknown): Failure =>
  new Failure({ ...upstreamFailed, kind: "bug" }, { cause: new Error(what, { cause }) });
