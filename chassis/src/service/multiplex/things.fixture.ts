import { once } from "node:events";
import { Type } from "typebox";
import { currentContext } from "../../context/context.ts";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { Fields, Id, Media, Text } from "../../contract/schema.ts";
import { failureFrom, refusal } from "../../core/failure/failure.ts";
import { answer } from "../answer.ts";
import type { Handlers } from "../definition.ts";

const soldOut = refusal("sold_out", 409, "It is sold out");
const Thing = Fields({ name: Text(100), count: Type.Integer({ minimum: 1 }) });

export const things = contract("things", {
  calls: {
    make: call("POST /things", {
      summary: "Make",
      access: "internal",
      idempotencyKey: "optional",
      body: Thing,
      replies: { 201: Thing, 202: Fields({ key: Type.String() }) },
      refuses: [soldOut],
    }),
    find: call("GET /things/{id}", {
      summary: "Find",
      access: "internal",
      query: Fields({ words: Type.Optional(Type.Array(Type.String())), limit: Type.Integer({ default: 20 }) }),
      replies: {
        200: Fields({ id: Id, words: Type.Array(Type.String()), limit: Type.Integer(), request: Type.String() }),
      },
    }),
    drop: call("DELETE /things/{id}", { summary: "Drop", access: "internal", replies: { 204: null } }),
    dawdle: call("POST /dawdle", { summary: "Dawdle", access: "internal", replies: { 204: null } }),
    brief: call("GET /brief", { summary: "Brief", access: "internal", replies: { 204: null }, timeout: 100 }),
    search: call("GET /search", {
      summary: "Search",
      access: "internal",
      query: Fields({ text: Text(100_000) }),
      replies: { 204: null },
    }),
    odd: call("GET /odd", { summary: "Odd", access: "internal", replies: { 204: null } }),
    crash: call("GET /crash", { summary: "Crash", access: "internal", replies: { 204: null } }),
    picture: call("GET /picture", { summary: "Picture", access: "internal", replies: { 200: Media("image/svg+xml") } }),
  },
  events: {},
});

export const begun: string[] = [];
export const given: AbortSignal[] = [];
export const handlers: Handlers<typeof things> = {
  async make({ body, key }) {
    if (body.name === "gone") throw soldOut.failure();
    return key ? answer(202, { key }) : { ...body, secret: "not in the contract" };
  },
  find: async ({ params, query: { words = [], limit } }) => ({
    ...params,
    words,
    limit,
    request: currentContext()?.requestId ?? "",
  }),
  drop: async () => undefined,
  async dawdle({ signal }) {
    begun.push("dawdle");
    given.push(signal);
    await once(signal, "abort");
    throw signal.reason;
  },
  async brief({ signal }) {
    await once(signal, "abort");
    throw signal.reason;
  },
  search: async () => undefined,
  odd: async () => answer(204, undefined, { location: "/things/日本" }),
  async crash() {
    throw new Error("select * from secrets");
  },
  picture: async () => "<svg/>",
};

export const params = { id: "t1" };
export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (error) => failureFrom(error).code,
  );
