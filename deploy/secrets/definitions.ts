import { createHash, randomBytes } from "node:crypto";

/** Who may use the broker: a user for each service, and one for people. */
export type BrokerUsers = { readonly operator: string; readonly services: Readonly<Record<string, string>> };

/**
 * What RabbitMQ loads when it starts: its users, with hashes of their passwords, and what each may do. A service may declare and publish
 * whatever belongs to the exchange `flotilla` (who publishes makes sure that the queues of those who hear are there), but reads no queues
 * but its own.
 */
export function brokerDefinitions({ operator, services }: BrokerUsers): string {
  const users = [
    { name: "operator", tags: ["administrator"], ...hashed(operator) },
    ...Object.entries(services).map(([name, password]) => ({ name, tags: [], ...hashed(password) })),
  ];
  const permissions = [
    { user: "operator", vhost: "/", configure: ".*", write: ".*", read: ".*" },
    ...Object.keys(services).map((name) => ({ user: name, vhost: "/", ...rightsOf(name) })),
  ];
  return `${JSON.stringify({ vhosts: [{ name: "/" }], users, permissions }, null, 2)}\n`;
}

const rightsOf = (service: string) => ({
  configure: "^(flotilla(\\..*)?|amq\\.gen.*)$",
  write: "^(flotilla(\\..*)?|amq\\.gen.*)$",
  // Exchanges, from which queues are fed, have at most one part more than the first; queues have two.
  read: `^(flotilla(\\.[a-z0-9_]+)?|flotilla\\.[a-z0-9_]+\\.replicas|flotilla\\.${service}\\..*|amq\\.gen.*)$`,
});

/** As RabbitMQ's documentation says: four bytes of salt, then the SHA-256 of salt and password. */
function hashed(password: string) {
  const salt = randomBytes(4);
  const digest = createHash("sha256").update(salt).update(password, "utf8").digest();
  return {
    password_hash: Buffer.concat([salt, digest]).toString("base64"),
    hashing_algorithm: "rabbit_password_hashing_sha256",
  };
}
