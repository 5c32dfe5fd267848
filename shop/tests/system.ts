import type { Call } from "@flotilla/chassis/contract";
import { routeOf } from "../../chassis/src/contract/call.ts";
import { readSystem } from "../../chassis/src/topology/read-system.ts";
import { shop } from "../topology.ts";

/** What follows from what the shop's services say of themselves. */
export const system = await readSystem(shop);

/** The services that may make an internal call. */
export const callersOf = ({ service, call }: { service: string; call: Call }): readonly string[] =>
  system.services.find(({ name }) => name === service)?.internalCallers[routeOf(call)] ?? [];
