import type { Composition } from "../../gateway/composition.ts";

/** A gateway, written down. Whose calls it routes follows from the list of services. */
export type GatewayDefinition = {
  /** Its name in discovery, and the issuer of its tokens. */
  readonly gateway: string;
  /** Title and version of the documents. */
  readonly title: string;
  readonly version: string;
  readonly compositions: readonly Composition[];
  /** A folder of files for `/`: `index.html`, and what it loads. */
  readonly site?: URL | undefined;
};

/**
 * Writes the gateway of a system down. Default: it is named `gateway`, has version 1.0.0, composes nothing, and says at `/` where the interface is
 * described.
 */
export const defineGateway = ({
  title,
  gateway = "gateway",
  version = "1.0.0",
  compositions = [],
  site,
}: Pick<GatewayDefinition, "title"> & Partial<GatewayDefinition>): GatewayDefinition => ({
  gateway,
  title,
  version,
  compositions,
  site,
});
