/**
 * Why a request to a service got no whole answer. `unreachable`: no connection, the service has got nothing. `busy`: neither has it, all
 * connections were in use for too long. `broken`: the
 * connection ended, the service may have got the request. `odd`: what came is not an answer that can be read in one way only.
 */
export type UpstreamFault = "unreachable" | "busy" | "broken" | "odd";

/** There is no answer, or no whole one. The connection is closed. */
export class UpstreamError extends Error {
  override readonly name = "UpstreamError";
  readonly fault: UpstreamFault;

  constructor(fault: UpstreamFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}

/** Something in an answer that could be read in two ways, or that we never asked for. */
export const oddAnswer = (what: string): UpstreamError => new UpstreamError("odd", `an odd answer: ${what}`);
