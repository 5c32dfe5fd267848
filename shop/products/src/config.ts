import { Fields } from "@flotilla/chassis/contract/schema";

/** The catalogue has no settings of its own. */
export const config = Fields({});
