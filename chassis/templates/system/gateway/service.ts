import { defineGateway } from "@flotilla/chassis/gateway";

/** The only way in: its routes follow from the contracts. */
export const service = defineGateway({ title: "system" });
