import type { DeployedService } from "../services.ts";

const head = `# Generated from shop/topology.ts: npm run tool -- deploy-files
# The shop without what it can do without: docker compose -f compose.yaml -f deploy/compose/lean.yaml up --build
#
# Mail stays in the mailbox (GET /api/mailbox), spans are not kept, and each gateway counts requests by itself. The profiles tracing, mail and
# limits start the servers nevertheless; the settings that lead to them are then to be set as well.
services:
  jaeger: { profiles: [tracing] }
  mailpit: { profiles: [mail] }
  redis: { profiles: [limits] }
`;

/** A Compose file over the first one, which leaves out what is optional, together with the settings that lead there. */
export const leanCompose = (services: readonly DeployedService[]): string =>
  `${head}${services.map(({ name, edge }) => `  ${name}: { environment: { ${settings(name, edge)} } }\n`).join("")}`;

function settings(name: string, edge: boolean): string {
  const empty = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    ...(edge ? ["REDIS_URL_FILE"] : []),
    ...(name === "email" ? ["SMTP_URL"] : []),
  ];
  return empty.map((setting) => `${setting}: ""`).join(", ");
}
