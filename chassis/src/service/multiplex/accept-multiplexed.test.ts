import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { FrameKind, frameText, headOf } from "../../client/transports/multiplex/frame.ts";
import { OFFER_HEADER, PROTOCOL, UPGRADE_PATH } from "../../client/transports/multiplex/offer.ts";
import { createLoadShedder } from "../../core/load/load-shedder.ts";
import { eventually } from "../../testing/eventually.ts";
import { asOrders, converse, handled, last, serve, token, upgrade, writing } from "./notes.fixture.ts";

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

test("a service that has too much to do looks at nobody's token", async (t) => {
  const { url } = await serve(t, { shedder: createLoadShedder({ least: 0, most: 0 }) });
  for (const bytes of [asOrders, upgrade("Authorization: Bearer nobody")]) {
    assert.match((await converse(url, bytes)).head, /^HTTP\/1\.1 503 .*retry-after: 1/is);
  }
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
