import { readFile } from "node:fs/promises";
import { readConfig, systemClock } from "@flotilla/chassis/service";
import { createLog, inSpan } from "@flotilla/chassis/telemetry";
import { Type } from "typebox";
import { createClients } from "../../chassis/src/client/create-client.ts";
import { newContext, runInContext } from "../../chassis/src/context/context.ts";
import { staticDiscovery } from "../../chassis/src/discovery/static.ts";
import { readServiceKey } from "../../chassis/src/identity/keys/key-files.ts";
import { serviceTokens } from "../../chassis/src/identity/tokens/service-token.ts";
import { createMetrics } from "../../chassis/src/telemetry/metrics.ts";
import { openTracing } from "../../chassis/src/telemetry/tracing/tracing.ts";
import { tracingSettings } from "../../chassis/src/telemetry/tracing/tracing-settings.ts";
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
