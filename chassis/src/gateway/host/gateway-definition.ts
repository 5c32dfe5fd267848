import type { TObject } from "typebox";
import type { Pages } from "../documents/pages.ts";
import type { Composition } from "../reads/composition.ts";

/** Static pages of a gateway, and which settings of its environment they may know. These are shown to everybody. */
export type DefinedPages = Omit<Pages, "settings"> & { readonly settings?: TObject };

/** A gateway, written down. Whose calls it routes follows from the list of services. */
export type GatewayDefinition = {
  /** Its name in discovery, and the issuer of its tokens. */
  readonly gateway: string;
  /** Title and version of the documents. */
  readonly title: string;
  readonly version: string;
  readonly compositions: readonly Composition[];
  /** Folders of static files: pages, and what they load. */
  readonly pages: readonly DefinedPages[];
};

/**
 * Writes the gateway of a system down. Default: it is named `gateway`, has version 1.0.0, composes nothing, and has no pages: it says at `/` where
 * the interface is described.
 */
export const defineGateway = ({
  title,
  gateway = "gateway",
  version = "1.0.0",
  compositions = [],
  pages = [],
}: Pick<GatewayDefinition, "title"> & Partial<GatewayDefinition>): GatewayDefinition => ({
  gateway,
  title,
  version,
  compositions,
  pages,
});
