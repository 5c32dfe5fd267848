import type { ClientConfig } from "pg";

/**
 * The connection settings of a PostgreSQL client: all that the URL says, and nothing of what the environment of the person who started this process
 * says about other servers (PGSSLMODE, PGOPTIONS and the like, which the driver would read).
 */
export const connectionTo = (url: string): ClientConfig =>
  ({
    ssl: false,
    sslnegotiation: "postgres",
    // The driver takes an empty one for none, and then the environment's.
    options: " ",
    replication: "false",
    connectionString: url,
  }) as ClientConfig;
