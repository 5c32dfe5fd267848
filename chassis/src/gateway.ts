/* The edge of a system: routes that follow from the contracts, tokens and limits. */
export type { Composition, Include } from "./gateway/composition.ts";
export { type DefinedPages, defineGateway, type GatewayDefinition } from "./service/gateway/gateway-definition.ts";
