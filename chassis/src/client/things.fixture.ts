import type { TestContext } from "node:test";
import { Type } from "typebox";
import { call } from "../contract/call.ts";
import { contract } from "../contract/contract.ts";
import { Fields, Id, Media } from "../contract/schema.ts";
import { notFound, outage, refusal } from "../core/failure/failure.ts";
import type { Instances } from "../discovery/discovery.ts";
import { staticDiscovery } from "../discovery/static.ts";
import { createLog } from "../telemetry/log.ts";
import { type HttpServer, httpServer } from "../testing/servers/http-server.ts";
import { createClients } from "./create-client.ts";

export const thingBroken = refusal("thing_broken", 409, "The thing is broken");
export const thingAsleep = outage("thing_asleep", 503, "The thing sleeps");

const Thing = Fields({ id: Id, size: Type.Integer() });

export const getThing = call("GET /things/{id}", {
  summary: "A thing",
  access: "internal",
  query: Fields({ unit: Type.Optional(Type.String()), deep: Type.Optional(Type.Boolean()) }),
  replies: { 200: Thing },
  refuses: [notFound, thingBroken, thingAsleep],
});

export const addThing = call("POST /things", {
  summary: "Add a thing",
  access: "internal",
  idempotencyKey: "optional",
  body: Fields({ size: Type.Integer() }),
  replies: { 201: Thing, 202: Fields({ later: Type.Boolean() }) },
  refuses: [thingBroken],
});

export const shakeThing = call("POST /things/{id}/shake", {
  summary: "Shake a thing: no key is honoured",
  access: "internal",
  replies: { 200: Thing },
});

export const dropThing = call("DELETE /things/{id}", {
  summary: "Drop a thing",
  access: "internal",
  replies: { 204: null },
});

export const drawThing = call("GET /things/{id}/picture", {
  summary: "A picture",
  access: "public",
  replies: { 200: Media("image/svg+xml") },
});

export const things = contract("things", {
  calls: { getThing, addThing, shakeThing, dropThing, drawThing },
  events: {},
});

/** A server that says of all its answers that they are from {@link things}. */
export const thingsServer = (t: TestContext, answer: Parameters<typeof httpServer>[1]): Promise<HttpServer> =>
  httpServer(t, answer, "things");

/** A client of {@link things} whose service is at `instances`, closed at the test's end. */
export function thingsClient(
  t: TestContext,
  instances: readonly string[] | Instances,
  options: Partial<Parameters<typeof createClients>[0]> = {},
) {
  const discovery = staticDiscovery(Array.isArray(instances) ? { things: instances } : (instances as Instances));
  const clients = createClients({
    discovery,
    tokenFor: async (audience) => `token-for-${audience}`,
    log: createLog({ service: "test", level: "silent" }),
    ...options,
  });
  t.after(() => clients.close());
  return { things: clients.client(things), discovery, clients };
}
