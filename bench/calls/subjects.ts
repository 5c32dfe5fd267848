import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { newServiceKey } from "../../chassis/src/identity/keys/signing-key.ts";
import { startEmbeddedPostgres } from "../../chassis/src/topology/postgres/embedded-postgres.ts";

/** How a subject is loaded, and what came of it: calls a second, milliseconds, and calls that failed. */
export type Load = { readonly callers: number; readonly milliseconds: number };
export type Measured = { readonly rate: number; readonly p99: number; readonly failed: number };

/** A caller and a service, each a process on a core of its own. */
export type Subject = { readonly name: string; measure(load: Load): Promise<Measured> };

type Definition = {
  readonly name: string;
  readonly caller: string;
  readonly service: string;
  readonly environment?: Record<string, string>;
};

/** Starts all of them; nobody does anything unless it is measured. */
export async function startSubjects(
  folder: string,
  names: { bare: string; ours: string; untraced: string; moleculer: string; nest: string },
): Promise<{ all: readonly Subject[]; stop(): Promise<void> }> {
  const server = await startEmbeddedPostgres({ dataFolder: join(folder, "postgres") });
  const backend = await spanSink();
  const keys = await keyFiles(folder);
  const callerKey = join(folder, "caller.json");
  const own = { ...keys, DATABASE_URL: server.url, BROKER_URL: "memory:", LOG_LEVEL: "warn" };
  const traced = {
    OTEL_EXPORTER_OTLP_ENDPOINT: backend.url,
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.1",
  };
  const ours = { caller: "flotilla-caller.ts", service: "flotilla-service.ts" };
  const sameWork = { ...traced, SAME_WORK: "yes" };
  const moleculer = { caller: "moleculer-caller.js", service: "moleculer-service.js" };
  const nest = { caller: "nest-caller.js", service: "nest-service.js" };
  const definitions: readonly Definition[] = [
    { name: names.bare, caller: "undici-caller.js", service: "fastify-service.js" },
    { name: names.ours, ...ours, environment: { ...own, ...traced } },
    { name: names.untraced, ...ours, environment: { ...own, OTEL_TRACES_SAMPLER: "parentbased_always_off" } },
    { name: "Moleculer, TCP transporter, as it comes", ...moleculer },
    { name: names.moleculer, ...moleculer, environment: sameWork },
    { name: "NestJS, TCP microservice, as it comes", ...nest },
    { name: names.nest, ...nest, environment: sameWork },
  ];
  const children: ChildProcess[] = [];
  const all: Subject[] = [];
  for (const { name, caller, service, environment = {} } of definitions) {
    const serving = await start(service, "1", environment);
    children.push(serving.child);
    const calling = await start(caller, "0", {
      ...environment,
      SERVICE: String(serving.said),
      SERVICE_KEY_FILE: callerKey,
    });
    children.push(calling.child);
    all.push({ name, measure: (load) => ask(calling.child, load) });
  }
  return {
    all,
    async stop() {
      for (const child of children) child.disconnect();
      await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, "exit")));
      backend.close();
      await server.stop();
    },
  };
}

/** Starts a process; resolves with what it says when it is ready. */
async function start(
  file: string,
  core: string,
  environment: Record<string, string>,
): Promise<{ child: ChildProcess; said: unknown }> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  // To look into one of them: PROFILE=flotilla-caller.ts writes a profile where the benchmark was started.
  const flags = process.env["PROFILE"] === file ? ["--cpu-prof"] : [];
  const child = spawn("taskset", ["-c", core, process.execPath, ...flags, path], {
    env: { ...process.env, NODE_ENV: "production", ...environment },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = once(child, "exit").then(() => Promise.reject(new Error(`${file} ended`)));
  ended.catch(() => {});
  const [said] = await Promise.race([once(child, "message"), ended]);
  return { child, said };
}

async function ask(child: ChildProcess, load: Load): Promise<Measured> {
  const answer = once(child, "message");
  child.send(load);
  const [measured] = await answer;
  return measured as Measured;
}

/** The keys of the caller and the service, as our processes are given them. */
async function keyFiles(folder: string): Promise<Record<string, string>> {
  const keys = await Promise.all(["caller", "reservations"].map((name) => newServiceKey(name)));
  const publicFile = join(folder, "public.json");
  for (const { privateJwk } of keys)
    await writeFile(join(folder, `${privateJwk.kid}.json`), JSON.stringify(privateJwk));
  await writeFile(publicFile, JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) }));
  return { SERVICE_KEY_FILE: join(folder, "reservations.json"), SERVICE_PUBLIC_KEYS_FILE: publicFile };
}

/** A tracing backend that takes everything and keeps nothing. */
async function spanSink(): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(200, { "content-type": "application/x-protobuf" }).end());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
