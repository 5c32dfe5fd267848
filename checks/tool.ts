import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What maintainers run now and then: the arguments of Node.js, or another program that npm has installed. */
const tools: Readonly<Record<string, { does: string; run: readonly string[]; program?: string }>> = {
  format: { does: "puts the format right", program: "biome", run: ["check", "--write"] },
  "deploy-files": { does: "writes every file that follows from shop/topology.ts", run: ["deploy/generate.ts"] },
  secrets: { does: "prints the Secrets of Kubernetes: VAULT", run: ["deploy/kubernetes/print-secrets.ts"] },
  containers: {
    does: "builds every service as its image would have it and places an order through them",
    run: ["--test", "deploy/tests/containers.test.ts"],
  },
  "rotate-key": { does: "gives a running service another key: SERVICE", run: ["shop/commands/operate/rotate-key.ts"] },
  "rotate-certificates": {
    does: "gives a running system other certificates",
    run: ["shop/commands/operate/rotate-certificates.ts"],
  },
  pack: {
    does: "packs the chassis for npm, and says into which file",
    program: "npm",
    run: ["pack", "--workspace", "@flotilla/chassis", "--loglevel=warn"],
  },
  "chassis-api": { does: "writes down what the chassis exports", run: ["checks/write-api-report.ts"] },
  reload: { does: "measures twenty reloads of npm run dev", run: ["shop/tests/processes/measure-reload.ts"] },
  "release-contracts": { does: "from now on others rely on the contracts", run: ["checks/release-contracts.ts"] },
  "fetch-consul": {
    does: "fetches Consul for the tests, on Debian",
    run: ["chassis/src/testing/servers/fetch-consul.ts"],
  },
  "fetch-schemathesis": {
    does: "fetches Schemathesis for its test, from Python's package index",
    run: ["shop/tests/security/schemathesis/fetch-schemathesis.ts"],
  },
};

/* `npm run tool -- NAME …`: runs a tool on the Node.js that npm has installed, in the root. */
const [name = "", ...rest] = process.argv.slice(2);
const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
if (tool) {
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const { status } = spawnSync(tool.program ?? process.execPath, [...tool.run, ...rest], { cwd, stdio: "inherit" });
  process.exitCode = status ?? 1;
} else {
  console.error("npm run tool -- NAME\n");
  for (const [each, { does }] of Object.entries(tools)) console.error(`  ${each.padEnd(18)} ${does}`);
  process.exitCode = 1;
}
