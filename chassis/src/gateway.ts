/* The edge of a system: routes that follow from the contracts, tokens and limits. */

export { type DefinedPages, defineGateway, type GatewayDefinition } from "./gateway/host/gateway-definition.ts";
export type { Composition, Include } from "./gateway/reads/composition.ts";
