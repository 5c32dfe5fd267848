import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

/** Who may use the broker: a user for each service, and one for people. */
export type BrokerUsers = { readonly operator: string; readonly services: Readonly<Record<string, string>> };

/**
 * What RabbitMQ loads when it starts: its users, with hashes of their passwords, what each may do, and the queues of all consumers, so that what
 * is published before one of them is up for the first time is kept for it. A service may use whatever belongs to the exchange `flotilla`, and
 * nothing else. In whose name it publishes the broker vouches for (`?users=services` in its URL).
 */
export function brokerDefinitions({ operator, services }: BrokerUsers): string {
  const users = [
    { name: "operator", tags: ["administrator"], ...hashed(operator) },
    ...Object.entries(services).map(([name, password]) => ({ name, tags: [], ...hashed(password) })),
  ];
  const permissions = [
    { user: "operator", vhost: "/", configure: ".*", write: ".*", read: ".*" },
    ...Object.keys(services).map((name) => ({ user: name, vhost: "/", ...rights })),
  ];
  return `${JSON.stringify({ vhosts: [{ name: "/" }], users, permissions, ...queues() }, null, 2)}\n`;
}

/** Generated from what the services declare: exchanges, queues and bindings. */
const queues = (): object => JSON.parse(readFileSync(new URL("./queues.json", import.meta.url), "utf8"));

const ours = "^(flotilla(\\..*)?|amq\\.gen.*)$";

/** Messages go to queues by their names, over the default exchange. */
const rights = { configure: ours, write: "^(flotilla(\\..*)?|amq\\.gen.*|amq\\.default)$", read: ours };

/** As RabbitMQ's documentation says: four bytes of salt, then the SHA-256 of salt and password. */
function hashed(password: string) {
  const salt = randomBytes(4);
  const digest = createHash("sha256").update(salt).update(password, "utf8").digest();
  return {
    password_hash: Buffer.concat([salt, digest]).toString("base64"),
    hashing_algorithm: "rabbit_password_hashing_sha256",
  };
}
