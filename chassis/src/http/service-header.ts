/** The header in which each service says who it is. */
export const SERVICE_HEADER = "x-service";
