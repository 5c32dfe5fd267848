import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameKind, frameText, headOf } from "../../client/transports/multiplex/frame.ts";
import { sendBytes } from "../../gateway/gateway.fixture.ts";
import { asOrders, converse, json, last, serve, TWICE, token } from "./notes.fixture.ts";

test("bad bodies are told apart as over HTTP", async (t) => {
  const { url } = await serve(t);
  const bodies = ["{", '{"text":"\\u0000"}', '{"text":1}', "", '{"text":"a","more":1}'].map(
    (body) => [body, json] as const,
  );
  const types = [
    "application/json;charset=utf-8",
    "APPLICATION/JSON\t;a=b",
    "application/jsonp",
    "text/plain",
    "nonsense",
  ];
  const typed = types.map((type) => ['{"text":"a"}', ["content-type", type]] as const);
  const empty = ["application/json", "text/plain"].map((type) => ["", ["content-type", type]] as const);
  const cases = [...bodies, ...typed, ...empty, ["", []] as const, ['{"text":"a"}', []] as const];
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
  const twice = TWICE.flatMap((name) => [name, "a", name, "b"]);
  const echo = frameText(FrameKind.request, 1, headOf(["GET", "/echo", ...token, ...twice]));
  const shared = (await converse(url, asOrders + echo + last)).answers[0]?.body;
  const lines = [...token, ...twice].map((text, at, all) => (at % 2 === 0 ? `${text}: ${all[at + 1]}\r\n` : ""));
  const over = await sendBytes(url, `GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines.join("")}\r\n`);
  assert.equal(over.split("\r\n\r\n")[1], shared);
  assert.match(shared ?? "", /a; b/);
});
