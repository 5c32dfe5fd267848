import assert from "node:assert/strict";
import { test } from "node:test";
import { request } from "undici";
import { answerJson } from "../../testing/servers/http-server.ts";
import { gatewayTo, libraryServer } from "../gateway.fixture.ts";
import { corsFor } from "./cors.ts";

const shop = "https://shop.example";
const corsOrigins = [shop, "http://localhost:5173"];
const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "authorization" };

test("pages of the origins that are set may ask and read, those of others may not", async (t) => {
  const service = await libraryServer(t, (_, response) =>
    answerJson(response, 200, {}, { "access-control-allow-origin": "*", "access-control-allow-credentials": "true" }),
  );
  const { url } = await gatewayTo(t, [service.url], { corsOrigins });
  const ask = async (origin: string | undefined, path = "/api/books") => {
    const { headers, statusCode, body } = await request(url + path, { headers: origin ? { origin } : {} });
    await body.dump();
    return { status: statusCode, allowed: headers["access-control-allow-origin"], headers };
  };
  const good = await ask(shop);
  assert.equal(good.allowed, shop);
  assert.match(String(good.headers["access-control-expose-headers"]), /x-request-id/);
  assert.equal(good.headers["access-control-allow-credentials"], undefined);
  assert.match(String(good.headers["vary"]), /origin/);
  for (const origin of ["https://evil.example", "https://shop.example.evil.example", "null", `${shop}/`, undefined]) {
    const { allowed, headers } = await ask(origin);
    assert.equal(allowed, undefined, String(origin));
    assert.match(String(headers["vary"]), /origin/, "a cache must not give one's answer to the other");
  }
  assert.equal((await ask(shop, "/api/nothing")).allowed, shop, "errors can be read too");
});

test("the question before a request is answered without the service", async (t) => {
  const service = await libraryServer(t, (_, response) => answerJson(response, 200, {}));
  const { url } = await gatewayTo(t, [service.url], { corsOrigins });
  const ask = (headers: Record<string, string>) => request(`${url}/api/books`, { method: "OPTIONS", headers });
  const allowed = await ask({ origin: shop, ...preflight });
  assert.equal(allowed.statusCode, 204);
  assert.match(String(allowed.headers["access-control-allow-methods"]), /POST/);
  assert.match(String(allowed.headers["access-control-allow-headers"]), /idempotency-key/);
  assert.equal((await ask({ origin: "https://evil.example", ...preflight })).statusCode, 405);
  assert.equal(service.requests.length, 0);
});

test("questions before requests are counted like other requests of their address", async (t) => {
  const { url } = await gatewayTo(t, [], { corsOrigins, limits: { signIn: 1, address: 2, user: 1 } });
  const ask = async () => {
    const headers = { origin: shop, ...preflight };
    const answer = await request(`${url}/api/books`, { method: "OPTIONS", headers });
    await answer.body.dump();
    return answer;
  };
  const answers = [await ask(), await ask(), await ask()];
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [204, 204, 429],
  );
  assert.equal(answers[2]?.headers["access-control-allow-origin"], shop, "the page can read why");
  assert.ok(Number(answers[2]?.headers["retry-after"]) > 0);
});

test("without the setting no page but the gateway's own may use it", async (t) => {
  const { url } = await gatewayTo(t, []);
  const { statusCode, headers } = await request(`${url}/health`, { headers: { origin: shop } });
  assert.deepEqual([statusCode, headers["access-control-allow-origin"], headers["vary"]], [200, undefined, undefined]);
});

test("what is no origin ends the start", () => {
  for (const wrong of ["*", "shop.example", "https://shop.example/", "https://shop.example/path", "null"]) {
    assert.throws(() => corsFor([wrong]), TypeError, wrong);
  }
});
