import type { TestContext } from "node:test";
import { Type } from "typebox";
import { FrameKind, frameText, headOf, linesOf } from "../../client/transports/multiplex/frame.ts";
import { frameReader } from "../../client/transports/multiplex/frame-reader.ts";
import { PROTOCOL, UPGRADE_PATH } from "../../client/transports/multiplex/offer.ts";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { Fields, Text } from "../../contract/schema.ts";
import { sendBytes } from "../../gateway/gateway.fixture.ts";
import { serveMultiplexed } from "./multiplex.fixture.ts";

/** Headers that are no fault when they are there twice; node:http joins some of them, and takes the first of others. */
export const TWICE = ["accept", "user-agent", "if-modified-since", "cookie", "x-words"];

const Note = Fields({ text: Text(200_000) });

const notes = contract("notes", {
  calls: {
    write: call("POST /notes", { summary: "Write", access: "internal", body: Note, replies: { 200: Note } }),
    find: call("GET /notes/{text}", { summary: "Find", access: "internal", replies: { 200: Note } }),
    echo: call("GET /echo", {
      summary: "Echo",
      access: "internal",
      headers: Type.Object(Object.fromEntries(TWICE.map((name) => [name, Type.Optional(Type.String())]))),
      replies: { 200: Note },
    }),
    mine: call("GET /mine", { summary: "Mine", access: "customer", replies: { 200: Note } }),
  },
  events: {},
});

export const handled: string[] = [];
export const serve = (t: TestContext, options = {}) =>
  serveMultiplexed(
    t,
    notes,
    {
      async write({ body }) {
        handled.push(body.text);
        return body;
      },
      find: async ({ params }) => params,
      echo: async ({ headers }) => ({ text: JSON.stringify(headers) }),
      mine: async () => ({ text: "mine" }),
    },
    options,
  );

export const upgrade = (...lines: string[]): string =>
  [`GET ${UPGRADE_PATH} HTTP/1.1`, "Host: a", "Connection: Upgrade", `Upgrade: ${PROTOCOL}`, ...lines, "", ""].join(
    "\r\n",
  );
export const asOrders = upgrade("Authorization: Bearer orders");
export const json = ["content-type", "application/json"];
export const writing = (text: string, id = 1, ...headers: string[]): string =>
  frameText(FrameKind.request, id, headOf(["POST", "/notes", ...json, ...headers]), JSON.stringify({ text }));
export const token = ["authorization", "Bearer orders"];
export const last = frameText(FrameKind.last, 0);

/** Sends bytes; what comes back is the head of the answer, and the frames behind it. */
export async function converse(url: string, bytes: string) {
  const text = await sendBytes(url, bytes);
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const answers: { id: number; status: string; body: string }[] = [];
  const read = frameReader(2 ** 20, {
    onFrame: (_kind, id, lines, body) =>
      void answers.push({ id, status: linesOf(lines)[0] ?? "", body: body.toString() }),
    onTooLarge() {},
  });
  if (head.startsWith("HTTP/1.1 101")) read(Buffer.from(rest.join("\r\n\r\n"), "latin1"));
  return { head, text, answers };
}
