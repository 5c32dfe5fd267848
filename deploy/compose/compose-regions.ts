import { type DeployedService, databaseOf, edgeAndInner } from "../services.ts";

/** A variable of Compose's own environment, and what it is without: `:-x` is x also when it is empty, `-x` only when it is not set. */
const variable = (name: string, otherwise: string): string => `$\{${name}${otherwise}}`;

/** What only some services want, besides their secrets. */
const extras: Readonly<Record<string, { environment?: Record<string, string>; waitsFor?: string[] }>> = {
  users: { environment: { ADMIN_EMAIL: variable("ADMIN_EMAIL", ":-admin@shop.example") } },
  email: {
    environment: { SMTP_URL: variable("SMTP_URL", "-smtp://mailpit:1025") },
    waitsFor: ["mailpit: { condition: service_started, required: false }"],
  },
};

/** The parts of compose.yaml that follow from who is deployed, by the names of their places. */
export function composeRegions(services: readonly DeployedService[]): Record<string, string> {
  const { edge, inner } = edgeAndInner(services);
  const owners = [...services.map(({ name }) => name), "postgres", "rabbitmq", "redis"];
  const command = ["node", "main.ts", "/secrets", edge.name, ...inner.map(({ name }) => name)];
  return {
    secrets: lines(
      `command: [${command.join(", ")}]`,
      "volumes:",
      ...["vault", ...owners.map((owner) => `${owner}-secrets`)].map(
        (volume) => `  - ${volume}:/secrets/${volume.replace("-secrets", "")}`,
      ),
    ),
    backup: `environment: { DATABASES: "${inner.map(({ name }) => databaseOf(name)).join(" ")}" }`,
    services: services.map((service) => (service.edge ? edgeService(service) : innerService(service))).join("\n\n"),
    volumes: lines("vault:", ...owners.map((owner) => `${owner}-secrets:`)),
  };
}

function innerService({ name, secrets, settings }: DeployedService): string {
  const { environment = {}, waitsFor = [] } = extras[name] ?? {};
  const others = Object.entries(secrets).filter(([setting]) => !["DATABASE_URL", "BROKER_URL"].includes(setting));
  const own = [
    ...settingLines(settings),
    ...Object.entries(environment).map(([setting, value]) => `    ${setting}: ${value}`),
    ...others.map(([setting, file]) => `    ${setting}_FILE: /run/secrets/${file}`),
  ];
  return lines(
    `${name}:`,
    "  <<: *service",
    ...image(name),
    ...(own.length > 0
      ? ["  environment:", "    <<: *stateful-environment", ...own]
      : ["  environment: *stateful-environment"]),
    "  networks: [back]",
    ...(waitsFor.length > 0
      ? ["  depends_on:", "    <<: *stateful-start", ...waitsFor.map((line) => `    ${line}`)]
      : ["  depends_on: *stateful-start"]),
  );
}

function edgeService({ name, secrets, settings, calls }: DeployedService): string {
  return lines(
    `${name}:`,
    "  <<: *service",
    ...image(name),
    "  environment:",
    "    <<: *environment",
    ...settingLines(settings),
    ...Object.entries(secrets).map(([setting, file]) => `    ${setting}_FILE: /run/secrets/${file}`),
    `    GATEWAY_WORKERS: ${variable("GATEWAY_WORKERS", ":-1")}`,
    `    TRUSTED_PROXIES: ${variable("TRUSTED_PROXIES", ":-")}`,
    `    CORS_ORIGINS: ${variable("CORS_ORIGINS", ":-")}`,
    "  networks: [back, front]",
    `  ports: ["${variable("GATEWAY_HOST", ":-127.0.0.1")}:${variable("GATEWAY_PORT", ":-3000")}:3000"]`,
    "  depends_on:",
    "    secrets: { condition: service_completed_successfully }",
    "    consul: { condition: service_healthy }",
    "    redis: { condition: service_healthy, required: false }",
    ...calls.map((called) => `    ${called}: { condition: service_healthy }`),
  );
}

const settingLines = (settings: DeployedService["settings"]): string[] =>
  Object.entries(settings).map(([setting, value]) => `    ${setting}: '${value}'`);

const image = (name: string): string[] => [
  `  image: flotilla/${name}`,
  `  build: { context: ., args: { SERVICE: ${name} } }`,
  `  volumes: ["${name}-secrets:/run/secrets:ro"]`,
];

const lines = (...each: string[]): string => each.join("\n");
