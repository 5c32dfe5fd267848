import { readFile } from "node:fs/promises";
import { createClients } from "@flotilla/chassis/client/create-client";
import { systemClock } from "@flotilla/chassis/core/clock";
import { readConfig } from "@flotilla/chassis/core/config";
import { staticDiscovery } from "@flotilla/chassis/discovery/static";
import { readServiceKey } from "@flotilla/chassis/identity/key-files";
import { serviceTokens } from "@flotilla/chassis/identity/service-token";
import { newContext, runInContext } from "@flotilla/chassis/telemetry/context";
import { createLog } from "@flotilla/chassis/telemetry/log";
import { createMetrics } from "@flotilla/chassis/telemetry/metrics";
import { inSpan } from "@flotilla/chassis/telemetry/span";
import { openTracing } from "@flotilla/chassis/telemetry/tracing";
import { tracingSettings } from "@flotilla/chassis/telemetry/tracing-settings";
import { Type } from "typebox";
import { answerMeasures } from "./caller.js";
import { reservations } from "./reservations.ts";

/** Our caller as a process: each call is made by work of its own, as by a request that came in. */
const { SERVICE = "", SERVICE_KEY_FILE = "" } = process.env;
const { id, body } = JSON.parse(await readFile(new URL("./reservation.json", import.meta.url), "utf8"));
const log = createLog({ service: "caller", level: "warn" });
const metrics = createMetrics("caller");
const settings = readConfig(Type.Object(tracingSettings), process.env);
const { tracer } = openTracing({ service: "caller", settings, clock: systemClock, log, metrics });
const { client } = createClients({
  discovery: staticDiscovery({ reservations: [SERVICE] }),
  tokenFor: serviceTokens({ name: "caller", key: await readServiceKey(SERVICE_KEY_FILE, "caller") }),
  log,
  metrics,
});
const { reserve } = client(reservations);
const input = { params: { id }, body };
answerMeasures(() => runInContext(newContext({ tracer }), () => inSpan("measure", {}, () => reserve(input))));
