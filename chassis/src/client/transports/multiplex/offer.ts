/** The name under which both sides know how to read the frames of a multiplexed connection. */
export const PROTOCOL = "flotilla-calls/1";
/** Where a connection is asked to become one. */
export const UPGRADE_PATH = "/calls";
/** The header in which a service says that it can. */
export const OFFER_HEADER = "x-multiplex";
