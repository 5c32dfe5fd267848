import assert from "node:assert/strict";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import {
  FrameKind,
  frameText,
  headOf,
  linesOf,
  OFFER_HEADER,
  PROTOCOL,
  UPGRADE_PATH,
} from "../../client/multiplex/frame.ts";
import { frameReader } from "../../client/multiplex/frame-reader.ts";
import { call } from "../../contract/call.ts";
import { contract } from "../../contract/contract.ts";
import { Fields, Text } from "../../contract/schema.ts";
import { createLoadShedder } from "../../core/load-shedder.ts";
import { sendBytes } from "../../gateway/gateway.fixture.ts";
import { eventually } from "../../testing/eventually.ts";
import { serveMultiplexed } from "./multiplex.fixture.ts";

const Note = Fields({ text: Text(200_000) });

const notes = contract("notes", {
  calls: {
    write: call("POST /notes", { summary: "Write", access: "internal", body: Note, replies: { 200: Note } }),
    find: call("GET /notes/{text}", { summary: "Find", access: "internal", replies: { 200: Note } }),
    mine: call("GET /mine", { summary: "Mine", access: "customer", replies: { 200: Note } }),
  },
  events: {},
});

const handled: string[] = [];
const serve = (t: TestContext, options = {}) =>
  serveMultiplexed(
    t,
    notes,
    {
      async write({ body }) {
        handled.push(body.text);
        return body;
      },
      find: async ({ params }) => params,
      mine: async () => ({ text: "mine" }),
    },
    options,
  );

const upgrade = (...lines: string[]): string =>
  [`GET ${UPGRADE_PATH} HTTP/1.1`, "Host: a", "Connection: Upgrade", `Upgrade: ${PROTOCOL}`, ...lines, "", ""].join(
    "\r\n",
  );
const asOrders = upgrade("Authorization: Bearer orders");
const json = ["content-type", "application/json"];
const writing = (text: string, id = 1, ...headers: string[]): string =>
  frameText(FrameKind.request, id, headOf(["POST", "/notes", ...json, ...headers]), JSON.stringify({ text }));
const token = ["authorization", "Bearer orders"];
const last = frameText(FrameKind.last, 0);

/** Sends bytes; what comes back is the head of the answer, and the frames behind it. */
async function converse(url: string, bytes: string) {
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

test("a service opens a connection, and each request on it still shows who asks", async (t) => {
  const { url } = await serve(t);
  const requests = [
    writing("with a token", 1, ...token),
    writing("without", 2),
    writing("as a user", 3, "authorization", "Bearer ann"),
    frameText(FrameKind.request, 4, headOf(["GET", "/mine", ...token])),
    frameText(FrameKind.request, 5, headOf(["GET", "/mine", "authorization", "Bearer ann"])),
    frameText(FrameKind.request, 6, headOf(["GET", "/health/live"])),
    frameText(FrameKind.request, 7, ""),
    writing("with two", 8, ...token, "authorization", "Bearer ann"),
    writing("without a value", 9, ...token, "x-odd"),
  ];
  const { head, answers } = await converse(url, asOrders + requests.join("") + last);
  assert.match(head, /^HTTP\/1\.1 101 /);
  const told = answers.sort((one, other) => one.id - other.id).map(({ status }) => status);
  assert.deepEqual(told, ["200", "401", "401", "403", "200", "404", "404", "400", "400"]);
});

const refused: Record<string, [string, number, string]> = {
  "without a token": [upgrade(), 401, "token_missing"],
  "with a user's token": [upgrade("Authorization: Bearer ann"), 401, "token_invalid"],
  "with nobody's token": [upgrade("Authorization: Bearer nobody"), 401, "token_invalid"],
  "with two tokens": [upgrade("Authorization: Bearer orders", "Authorization: Bearer ann"), 400, "malformed_request"],
  "with a body": [upgrade("Authorization: Bearer orders", "Content-Length: 3"), 400, "malformed_request"],
  "by POST": [asOrders.replace("GET", "POST"), 400, "malformed_request"],
  "at another path": [asOrders.replace(UPGRADE_PATH, "/notes"), 400, "malformed_request"],
  "to another protocol": [asOrders.replace(PROTOCOL, "h2c"), 400, "malformed_request"],
};

for (const [how, [bytes, status, code]] of Object.entries(refused)) {
  test(`${how} nobody opens a connection, and what comes behind is not handled`, async (t) => {
    const { url } = await serve(t);
    handled.length = 0;
    const behind = `POST /notes HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer orders\r\nContent-Length: 0\r\n\r\n`;
    const { text } = await converse(url, bytes + writing("behind", 1, ...token) + behind);
    assert.equal(text.match(/HTTP\/1\.1 \d{3}/g)?.join(), `HTTP/1.1 ${status}`);
    assert.match(text, new RegExp(`"code":"${code}"`));
    assert.deepEqual(handled, []);
  });
}

test("a service that is not ready, or stops, opens none and offers none", async (t) => {
  const { url, state } = await serve(t);
  state.ready = false;
  assert.match((await converse(url, asOrders)).head, /^HTTP\/1\.1 503 /);
  const offers = async () => (await fetch(`${url}/notes`)).headers.get(OFFER_HEADER);
  state.ready = true;
  assert.equal(await offers(), PROTOCOL);
  state.draining = true;
  assert.equal(await offers(), null);
});

const unreadable: Record<string, string> = {
  "bytes that are no frame": "GET / HTTP/1.1\r\n\r\n",
  "an answer": frameText(FrameKind.answer, 1, "200"),
  "a number that is under way twice": writing("one", 1, ...token) + writing("other", 1, ...token),
  "a request after the last": last + writing("late", 1, ...token),
};

for (const [what, bytes] of Object.entries(unreadable)) {
  test(`${what} ends the connection, and nothing else`, async (t) => {
    const { url } = await serve(t);
    await converse(url, asOrders + bytes);
    assert.deepEqual((await converse(url, asOrders + writing("well", 1, ...token) + last)).answers.length, 1);
  });
}

test("a body that is too large is refused, and those behind it are handled", async (t) => {
  const { url } = await serve(t);
  const requests = [
    writing("x".repeat(70_000), 1, ...token),
    writing("x".repeat(2 * 2 ** 20), 2, ...token),
    writing("small", 3, ...token),
  ];
  const { answers } = await converse(url, asOrders + requests.join("") + last);
  const told = answers.sort((one, other) => one.id - other.id);
  assert.deepEqual(
    told.map(({ status }) => status),
    ["413", "413", "200"],
  );
});

test("bad bodies are told apart as over HTTP", async (t) => {
  const { url } = await serve(t);
  const bodies = ["{", '{"text":"\\u0000"}', '{"text":1}', "", '{"text":"a","more":1}'].map(
    (body) => [body, json] as const,
  );
  const types = ["application/json;charset=utf-8", "APPLICATION/JSON", "application/jsonp", "text/plain", "nonsense"];
  const typed = types.map((type) => ['{"text":"a"}', ["content-type", type]] as const);
  const cases = [...bodies, ...typed, ['{"text":"a"}', []] as const];
  const frames = cases.map(([body, headers], at) =>
    frameText(FrameKind.request, at + 1, headOf(["POST", "/notes", ...headers, ...token]), body),
  );
  const over = async ([body, [, type]]: (typeof cases)[number]) => {
    const headers = { authorization: "Bearer orders", ...(type !== undefined && { "content-type": type }) };
    return String((await fetch(`${url}/notes`, { method: "POST", headers, body: Buffer.from(body) })).status);
  };
  const { answers } = await converse(url, asOrders + frames.join("") + last);
  const told = answers.sort((one, other) => one.id - other.id).map(({ status }) => status);
  assert.deepEqual(told, await Promise.all(cases.map(over)));
});

test("paths that can't be routed are told apart as over HTTP, where the answer says whose it is as well", async (t) => {
  const { url } = await serve(t);
  const paths = ["/notes/%zz", `/notes/${"x".repeat(201)}`, "/none", "/notes/%00", "/notes/a%2fb", "/Notes/a"];
  const frames = paths.map((path, at) => frameText(FrameKind.request, at + 1, headOf(["GET", path, ...token])));
  const over = async (path: string) => {
    const { status, headers } = await fetch(url + path, { headers: { authorization: "Bearer orders" } });
    assert.equal(headers.get("x-service"), "notes");
    return String(status);
  };
  const { answers } = await converse(url, asOrders + frames.join("") + last);
  const told = answers.sort((one, other) => one.id - other.id).map(({ status }) => status);
  assert.deepEqual(told, await Promise.all(paths.map(over)));
  assert.deepEqual(told.slice(0, 3), ["400", "400", "404"]);
});

test("a service that has too much to do looks at nobody's token", async (t) => {
  const { url } = await serve(t, { shedder: createLoadShedder({ least: 0, most: 0 }) });
  for (const bytes of [asOrders, upgrade("Authorization: Bearer nobody")]) {
    assert.match((await converse(url, bytes)).head, /^HTTP\/1\.1 503 .*retry-after: 1/is);
  }
});

test("headers given twice are refused where two readers could take two things, and joined where not", async (t) => {
  const { url } = await serve(t);
  const mine = (id: number, ...twice: string[]) =>
    frameText(FrameKind.request, id, headOf(["GET", "/mine", "authorization", "Bearer ann", ...twice]));
  const requests = [
    mine(1, "authorization", "Bearer orders"),
    mine(2, "accept", "application/json", "accept", "text/html"),
    mine(3, "idempotency-key", "a", "idempotency-key", "b"),
  ];
  const { answers } = await converse(url, asOrders + requests.join("") + last);
  const told = answers.sort((one, other) => one.id - other.id);
  assert.deepEqual(
    told.map(({ status }) => status),
    ["400", "200", "400"],
  );
});

test("a caller that reads nothing is read from no more", async (t) => {
  const { url } = await serve(t);
  handled.length = 0;
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  t.after(() => socket.destroy());
  socket.write(asOrders);
  socket.pause();
  const text = "x".repeat(60_000);
  let written = 0;
  const write = () => {
    for (let flows = true; flows && written < 2_000; ) {
      written += 1;
      flows = socket.write(writing(text, written, ...token), "latin1");
    }
  };
  socket.on("drain", write);
  write();
  await eventually(async () => {
    const before = handled.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return before > 0 && handled.length === before;
  });
  assert.ok(handled.length < 1_500, `${handled.length} were handled`);
  const before = handled.length;
  socket.resume();
  await eventually(() => handled.length > before);
});
