/* The list of a system's services. */
export { defineTopology, type Topology } from "./topology/topology.ts";
