import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { request } from "undici";
import { deadlineExceeded, refusal, unavailable } from "./failure.ts";
import { outageFrom } from "./outage.ts";

const thrownBy = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

/** The URL of a server that does with each connection what the test says; without that, of nothing at all. */
async function serve(t: { after(end: () => void): void }, connected?: (socket: Socket) => void): Promise<string> {
  const server = createServer(connected);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  if (connected) t.after(() => server.close());
  else await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

const cut = (socket: Socket) => void socket.once("data", () => socket.destroy());
const cutHalfway = (socket: Socket) =>
  void socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"));
const silent = (socket: Socket) => void socket.on("error", () => {}).resume();

test("services that are away are outages, however they are asked", async (t) => {
  const dead = await serve(t);
  const cutting = await serve(t, cut);
  const halved = await serve(t, cutHalfway);
  const asked: [string, () => unknown][] = [
    ["fetch, dead", () => fetch(`http://${dead}/`)],
    ["fetch, cut off", () => fetch(`http://${cutting}/`)],
    ["fetch, cut off in the body", async () => (await fetch(`http://${halved}/`)).text()],
    ["fetch, no such host", () => fetch("http://nowhere.invalid/")],
    ["fetch, port of nobody by name", () => fetch(`http://localhost:${dead.split(":")[1]}/`)],
    ["undici", () => request(`http://${dead}/`)],
    ["undici, cut off", () => request(`http://${cutting}/`)],
    ["pg", () => new pg.Client({ connectionString: `postgres://u:p@${dead}/d` }).connect()],
    ["pg, cut off", () => new pg.Client({ connectionString: `postgres://u:p@${cutting}/d` }).connect()],
  ];
  for (const [how, ask] of asked) {
    const error = await thrownBy(ask);
    assert.equal(outageFrom(error)?.code, "unavailable", `${how}: ${error}`);
    assert.equal(
      outageFrom(new Error("could not charge", { cause: error }))?.code,
      "unavailable",
      `${how}, as a cause`,
    );
  }
});

test("answers that take too long are outages too, and say so", async (t) => {
  const hanging = await serve(t, silent);
  const error = await thrownBy(() => fetch(`http://${hanging}/`, { signal: AbortSignal.timeout(20) }));
  assert.ok(deadlineExceeded.is(outageFrom(error)));
  const headers = await thrownBy(() => request(`http://${hanging}/`, { headersTimeout: 20 }));
  assert.ok(deadlineExceeded.is(outageFrom(headers)));
  const byHand = new AbortController();
  const aborted = thrownBy(() => fetch(`http://${hanging}/`, { signal: byHand.signal }));
  byHand.abort();
  assert.ok(outageFrom(await aborted));
  assert.ok(outageFrom(await thrownBy(() => delay(1_000, undefined, { signal: AbortSignal.timeout(1) }))));
});

test("what the database says of itself is an outage, what it says of a statement is not", () => {
  const said = (code: string) => Object.assign(new Error("said by the server"), { code, severity: "ERROR" });
  for (const code of ["08006", "53300", "57P01", "57P03", "57014", "58000", "40001", "40P01", "25006", "55P03"]) {
    assert.ok(outageFrom(said(code)), code);
  }
  for (const code of ["23505", "22P05", "42P01", "25P02"]) assert.equal(outageFrom(said(code)), undefined, code);
  assert.ok(outageFrom(new Error("Connection terminated unexpectedly")));
  assert.equal(outageFrom(new Error("the account is closed")), undefined);
});

test("a failure says itself what it is; a defect stays a defect, whatever was thrown", () => {
  const away = unavailable.failure({ retryAfter: 7 });
  assert.equal(outageFrom(away), away);
  const declined = refusal("declined", 409, "Declined").failure({
    cause: Object.assign(new Error(), { code: "EPIPE" }),
  });
  const unreadable = Object.defineProperty(new Error("no"), "code", {
    get() {
      throw new Error("unreadable");
    },
  });
  const circle = new Error("round");
  circle.cause = circle;
  const defects = [declined, new TypeError("x is not a function"), new TypeError("fetch failed"), "ECONNREFUSED"];
  for (const defect of [...defects, undefined, null, 7, Symbol("s"), Object.create(null), unreadable, circle]) {
    assert.equal(outageFrom(defect), undefined);
  }
  assert.equal(outageFrom(new Proxy(new Error(), { get: () => assert.fail("looked into") })), undefined);
});

test("a wrong address is a defect, not an outage", async () => {
  for (const url of ["http://[bad", "nothing://here", "http://127.0.0.1:1/"]) {
    assert.equal(outageFrom(await thrownBy(() => fetch(url))), undefined, url);
  }
});
