import { EventEmitter, once } from "node:events";
import type { TestContext } from "node:test";
import { Type } from "typebox";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { Fields, Media, Text } from "../../contract/schema.ts";
import { refusal } from "../../core/failure/failure.ts";
import { staticDiscovery } from "../../discovery/static.ts";
import { answer } from "../../service/answer.ts";
import type { Handlers } from "../../service/definition.ts";
import { serveMultiplexed, untilMultiplexed } from "../../service/multiplex/multiplex.fixture.ts";
import { as, gatewayTo } from "../gateway.fixture.ts";
import type { GatewayOptions } from "../gateway.ts";

const soldOut = refusal("sold_out", 409, "It is sold out");
const Song = Fields({ title: Text(200_000) });
export const music = contract("music", {
  calls: {
    find: call("GET /songs/{title}", {
      summary: "Find",
      access: "customer",
      query: Fields({ times: Type.Integer({ default: 1 }) }),
      replies: { 200: Song },
    }),
    shown: call("GET /shown", { summary: "Shown", access: "public", cache: 0, replies: { 200: Song } }),
    add: call("POST /songs", {
      summary: "Add",
      access: "customer",
      body: Song,
      replies: { 201: Song },
      refuses: [soldOut],
    }),
    drop: call("DELETE /songs/{title}", { summary: "Drop", access: "customer", replies: { 204: null } }),
    dawdle: call("POST /dawdle", { summary: "Dawdle", access: "customer", timeout: 60_000, replies: { 204: null } }),
    brief: call("POST /brief", { summary: "Brief", access: "customer", timeout: 500, replies: { 204: null } }),
    upload: call("PUT /upload", {
      summary: "Upload",
      access: "customer",
      body: Song,
      bodyLimit: 1_000_000,
      replies: { 200: Fields({ length: Type.Integer() }) },
    }),
    scroll: call("GET /scroll", { summary: "Scroll", access: "customer", timeout: 1_000, replies: { 200: Song } }),
    full: call("POST /full", { summary: "Full", access: "customer", replies: { 204: null } }),
    odd: call("POST /odd", { summary: "Odd", access: "customer", replies: { 204: null } }),
    count: call("GET /count", { summary: "Count", access: "internal", replies: { 204: null } }),
    cover: call("GET /cover", { summary: "Cover", access: "public", replies: { 200: Media("image/svg+xml") } }),
  },
  events: {},
});

export const begun: string[] = [];
export const left: string[] = [];
/** Ends all that dawdles. */
export const bell = new EventEmitter().setMaxListeners(0);
const handlers: Handlers<typeof music> = {
  find: async ({ params, query }) => answer(200, { title: params.title.repeat(query.times) }, { etag: '"1"' }),
  shown: async () => ({ title: "shown" }),
  async add({ body }) {
    if (body.title === "gone") throw soldOut.failure();
    return body;
  },
  drop: async () => undefined,
  async dawdle({ signal }) {
    begun.push("dawdle");
    await Promise.race([once(bell, "ring"), once(signal, "abort")]);
    if (signal.aborted) left.push("dawdle");
  },
  async brief({ signal }) {
    await once(signal, "abort");
    throw signal.reason;
  },
  upload: async ({ body }) => ({ length: body.title.length }),
  scroll: async () => ({ title: "x".repeat(7_000_000) }),
  full: async () => ({ rows: 1 }) as unknown as undefined,
  odd: async () => answer(204, undefined, { "x odd": "1" }),
  count: async () => undefined,
  cover: async () => "<svg/>",
};

/** A gateway that shares a connection to a service, and what it asked of the service over connections that it does not share. */
export async function sharing(t: TestContext, options: Partial<GatewayOptions> = {}) {
  const service = await serveMultiplexed(t, music, handlers);
  const around = { contracts: [music], discovery: staticDiscovery({ music: [service.url] }) };
  const gateway = await gatewayTo(t, [], { ...around, tokenFor: async () => "orders", ...options });
  const { url } = gateway;
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${url}/api${path}`, { ...init, headers: { ...as("ann"), ...init.headers } });
  const untilShared = () => untilMultiplexed(service.overHttp, () => ask("/songs/a"));
  return { service, ...gateway, ask, around, untilShared };
}
