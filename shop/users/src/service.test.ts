import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { serviceUnderTest } from "@flotilla/chassis/testing";
import type { SignedIn } from "@flotilla/contracts/users";
import { service } from "./service.ts";
import { ada } from "./users-under-test.ts";

type Asked = { body?: unknown; token?: string; requestId?: string };

const admin = { ADMIN_EMAIL: "admin@shop.example", ADMIN_PASSWORD: "harbour master" };

/** The service as a process of its own would run it, asked over HTTP. */
async function usersOverHttp(t: TestContext) {
  const { anonymous } = await serviceUnderTest(t, service, { settings: admin });
  return async (route: string, { body, token, requestId }: Asked = {}) => {
    const [method = "", path = ""] = route.split(" ");
    const response = await anonymous.fetch(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(requestId === undefined ? {} : { "x-request-id": requestId }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, json: text === "" ? undefined : JSON.parse(text) };
  };
}

test("an account's life: registered, signed in, refreshed, signed out, closed", async (t) => {
  const ask = await usersOverHttp(t);
  const registered = await ask("POST /auth/register", { body: ada });
  assert.equal(registered.status, 201);
  const { accessToken: token, refreshToken, user } = registered.json as SignedIn;
  assert.deepEqual((await ask("GET /users/me", { token })).json, user);
  assert.equal((await ask("POST /auth/refresh", { body: { refreshToken } })).status, 200);
  const reused = await ask("POST /auth/refresh", { body: { refreshToken } });
  assert.deepEqual([reused.status, reused.json.code], [401, "refresh_token_reused"]);
  const { email, password } = ada;
  assert.equal((await ask("POST /auth/login", { body: { email, password } })).status, 200);
  const again = (await ask("POST /auth/login", { body: { email, password } })).json as SignedIn;
  assert.equal((await ask("POST /auth/logout", { token: again.accessToken })).status, 204);
  assert.equal((await ask("POST /auth/refresh", { body: { refreshToken: again.refreshToken } })).status, 401);
  const last = (await ask("POST /auth/login", { body: { email, password } })).json as SignedIn;
  assert.equal((await ask(`DELETE /users/${user.id}`, { token: last.accessToken })).status, 204);
  assert.equal((await ask("POST /auth/login", { body: { email, password } })).status, 401);
});

test("another's id and a random one are answered with the same bytes, whatever is asked", async (t) => {
  const ask = await usersOverHttp(t);
  const token = (await ask("POST /auth/register", { body: ada })).json.accessToken;
  const other = (await ask("POST /auth/register", { body: { ...ada, email: "bob@example.org" } })).json;
  const requests = [["GET"], ["PUT", { name: "Eve" }], ["DELETE"]] as const;
  for (const [method, body] of requests) {
    const [taken, free] = await Promise.all(
      [other.user.id, "0198c0de-0000-7000-8000-000000000000"].map((id) =>
        ask(`${method} /users/${id}`, { token, body, requestId: "same" }),
      ),
    );
    assert.deepEqual(taken, free, method);
    assert.equal(taken?.status, 404, method);
  }
  assert.deepEqual((await ask("GET /users/me", { token: other.accessToken })).json, other.user);
});

test("nobody makes themselves more than they are", async (t) => {
  const ask = await usersOverHttp(t);
  const asked = await ask("POST /auth/register", { body: { ...ada, role: "admin" } });
  assert.deepEqual([asked.status, asked.json.errors[0].path], [400, "/role"]);
  const { accessToken: token, user } = (await ask("POST /auth/register", { body: ada })).json as SignedIn;
  for (const field of [{ role: "admin" }, { id: "1" }, { createdAt: user.createdAt }]) {
    const refused = await ask(`PUT /users/${user.id}`, { token, body: { name: "Eve", ...field } });
    assert.deepEqual([refused.status, refused.json.errors[0].path], [400, `/${Object.keys(field)[0]}`]);
  }
  assert.deepEqual((await ask("GET /users/me", { token })).json, user);
  assert.equal((await ask("GET /users", { token })).status, 403);
  assert.equal((await ask(`GET /contacts/${user.id}`, { token })).status, 401);
});

test("whatever is given for a refresh token and is none is not valid", async (t) => {
  const ask = await usersOverHttp(t);
  const { accessToken } = (await ask("POST /auth/register", { body: ada })).json;
  for (const refreshToken of ["x", accessToken, "x".repeat(4_000)]) {
    const { status, json } = await ask("POST /auth/refresh", { body: { refreshToken } });
    assert.deepEqual([status, json.code], [401, "refresh_token_invalid"]);
  }
});

test("input that is none is refused with its path", async (t) => {
  const ask = await usersOverHttp(t);
  const faulty = { name: "\0", email: "ada", password: "short" };
  for (const [field, value] of Object.entries(faulty)) {
    const { status, json } = await ask("POST /auth/register", { body: { ...ada, [field]: value } });
    assert.deepEqual([status, json.code, json.errors[0].path], [400, "invalid_input", `/${field}`]);
  }
});

test("the administrator of the settings signs in, sees everybody and can't close the last administrator's account", async (t) => {
  const ask = await usersOverHttp(t);
  await ask("POST /auth/register", { body: ada });
  const body = { email: admin.ADMIN_EMAIL, password: admin.ADMIN_PASSWORD };
  const { accessToken: token, user } = (await ask("POST /auth/login", { body })).json as SignedIn;
  assert.equal((await ask("GET /users", { token })).json.items.length, 2);
  const refused = await ask(`DELETE /users/${user.id}`, { token });
  assert.deepEqual([refused.status, refused.json.code], [409, "last_admin"]);
  const [key] = (await ask("GET /.well-known/jwks.json")).json.keys;
  assert.deepEqual(Object.keys(key).sort(), ["alg", "crv", "kid", "kty", "use", "x"]);
});
