import { Type } from "typebox";

/** Orders has no settings of its own. */
export const Config = Type.Object({});
