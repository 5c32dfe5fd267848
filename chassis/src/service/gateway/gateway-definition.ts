import type { Composition } from "../../gateway/composition.ts";

/** A gateway, written down. Whose calls it routes follows from the list of services. */
export type GatewayDefinition = {
  /** Its name in discovery, and the issuer of its tokens. */
  readonly gateway: string;
  /** Title and version of the documents. */
  readonly title: string;
  readonly version: string;
  readonly compositions: readonly Composition[];
};

/** Writes the gateway of a system down. Default: it is named `gateway`, has version 1.0.0 and composes nothing. */
export const defineGateway = ({
  title,
  gateway = "gateway",
  version = "1.0.0",
  compositions = [],
}: Pick<GatewayDefinition, "title"> & Partial<GatewayDefinition>): GatewayDefinition => ({
  gateway,
  title,
  version,
  compositions,
});
