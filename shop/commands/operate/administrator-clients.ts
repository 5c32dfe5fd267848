import { join } from "node:path";
import { createLog, type Log } from "@flotilla/chassis/telemetry";
import { createClients } from "../../../chassis/src/client/create-client.ts";
import { staticDiscovery } from "../../../chassis/src/discovery/static.ts";
import { type MutualTls, openMutualTls } from "../../../chassis/src/identity/mutual-tls.ts";
import { certificatesIn, OPERATORS } from "../../../chassis/src/topology/certificates/prepare-certificates.ts";
import { type RunFile, readRunFile } from "../../../chassis/src/topology/run-file.ts";
import { readAdministrator } from "../start/administrator.ts";

type Clients = ReturnType<typeof createClients>;

/** Typed clients of the services of a running shop, as its administrator. */
export type AdministratorClients = Clients & {
  /** The services that run, but for the gateway. */
  readonly services: readonly string[];
};

/** Signs in to the shop that runs on `dataFolder`. Throws, in words, when there is none. Call `close` when done. */
export async function administratorClients(dataFolder: string, name: string): Promise<AdministratorClients> {
  const running = await readRunFile(dataFolder);
  const administrator = await readAdministrator(dataFolder);
  if (!running || !administrator) throw new Error(`no shop runs in ${dataFolder}: start one with npm start`);
  const token = await signIn(running.gateway, administrator);
  const instances = Object.entries(running.services).map(([name, list]) => [name, list.map(({ url }) => url)] as const);
  const log = createLog({ service: name, level: "silent" });
  const tls = await operatorsTls(dataFolder, running, log);
  const clients = createClients({
    discovery: staticDiscovery(Object.fromEntries(instances)),
    tokenFor: async () => token,
    log,
    dial: tls?.dial,
  });
  return { ...clients, services: instances.map(([service]) => service).filter((service) => service !== "gateway") };
}

/** What lets operators in where services talk by TLS; undefined where they don't. */
async function operatorsTls(dataFolder: string, { services }: RunFile, log: Log): Promise<MutualTls | undefined> {
  if (!Object.values(services).some((list) => list.some(({ url }) => url.startsWith("https:")))) return undefined;
  const { certificateFile, authoritiesFile } = certificatesIn(join(dataFolder, "keys"));
  return openMutualTls({ name: OPERATORS, certificateFile: certificateFile(OPERATORS), authoritiesFile, log });
}

async function signIn(gateway: string, account: { email: string; password: string }): Promise<string> {
  const answer = await fetch(new URL("/api/auth/login", gateway), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(account),
  });
  if (!answer.ok) throw new Error(`the administrator can't sign in: ${answer.status}`);
  return ((await answer.json()) as { accessToken: string }).accessToken;
}
