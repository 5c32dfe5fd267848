import type { Contract } from "@flotilla/chassis/contract";
import { loadContracts } from "../../chassis/src/topology/load-definitions.ts";
import { shop } from "../topology.ts";

/** Every contract of the shop. */
export const contracts: readonly Contract[] = await loadContracts(shop);
