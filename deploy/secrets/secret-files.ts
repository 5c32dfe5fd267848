import { brokerDefinitions } from "./definitions.ts";
import type { Services, Vault } from "./vault.ts";

/** The files of each owner: a folder for whoever may read them, and nobody else. */
export type SecretFiles = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What everybody finds in the folder of secrets, by the names that Compose and Kubernetes give to the servers. */
export function secretFiles({ passwords, keys }: Vault, { edge, inner }: Services): SecretFiles {
  const password = (name: string): string => {
    const found = passwords[name];
    if (found === undefined) throw new Error(`there is no password for ${name}`);
    return found;
  };
  const publicKeys = Object.values(keys).map(({ d: _, ...publicKey }) => publicKey);
  const identityOf = (name: string) => ({
    "service-key.json": json(keys[name]),
    "service-public-keys.json": json({ keys: publicKeys }),
  });
  const filesOf = (name: string) => ({
    ...identityOf(name),
    "database-url": `postgres://flotilla_${name}:${password(`database/${name}`)}@postgres:5432/flotilla_${name}`,
    "broker-url": `amqp://${name}:${password(`broker/${name}`)}@rabbitmq:5672?users=services`,
    ...(name === "users" ? { "admin-password": password("administrator") } : {}),
  });
  const byService = (kind: string) => inner.map((name) => [name, password(`${kind}/${name}`)] as const);
  return {
    [edge]: { ...identityOf(edge), "redis-url": `redis://:${password("redis")}@redis:6379` },
    ...Object.fromEntries(inner.map((name) => [name, filesOf(name)])),
    postgres: {
      "superuser-password": password("postgres"),
      ...Object.fromEntries(byService("database").map(([name, each]) => [`flotilla_${name}`, each])),
    },
    rabbitmq: {
      "operator-password": password("operator"),
      "definitions.json": brokerDefinitions({
        operator: password("operator"),
        services: Object.fromEntries(byService("broker")),
      }),
    },
    redis: { password: password("redis"), "redis.conf": `requirepass ${password("redis")}\n` },
  };
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
