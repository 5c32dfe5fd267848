import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigurationError, readConfig } from "@flotilla/chassis/service";
import { invalidCredentials, refreshTokenInvalid } from "@flotilla/contracts/users";
import { config } from "./config.ts";
import { ada, openConnections, usersUnderTest } from "./users-under-test.ts";

const settings = { ADMIN_EMAIL: "admin@shop.example", ADMIN_PASSWORD: "harbour master" };
const credentials = { email: settings.ADMIN_EMAIL, password: settings.ADMIN_PASSWORD };

test("replicas that start at the same time make one administrator", async (t) => {
  const { replica, login, published, database } = await usersUnderTest(t);
  await openConnections(database);
  const replicas = await Promise.all([1, 2, 3].map(() => replica(settings)));
  await Promise.all(replicas.map(({ prepare }) => prepare()));
  assert.equal((await login(credentials)).user.role, "admin");
  assert.deepEqual(
    published.map(({ type }) => type),
    ["user.created"],
  );
});

test("a later start changes nothing while the settings are the same", async (t) => {
  const { replica, login, refresh, database } = await usersUnderTest(t);
  await (await replica(settings)).prepare();
  const { refreshToken } = await login(credentials);
  const before = await database.query("select * from account");
  await (await replica(settings)).prepare();
  assert.deepEqual(await database.query("select * from account"), before);
  await refresh(refreshToken);
});

test("another password in the settings takes the place of the old one and ends its sessions", async (t) => {
  const { replica, login, refresh } = await usersUnderTest(t);
  await (await replica(settings)).prepare();
  const { refreshToken } = await login(credentials);
  await (await replica({ ...settings, ADMIN_PASSWORD: "new harbour master" })).prepare();
  await assert.rejects(login(credentials), invalidCredentials.is);
  await assert.rejects(refresh(refreshToken), refreshTokenInvalid.is);
  await login({ ...credentials, password: "new harbour master" });
});

test("an account that had the administrator's email before becomes the administrator's alone", async (t) => {
  const { replica, register, login, refresh } = await usersUnderTest(t);
  const { user, refreshToken } = await register({ email: "Admin@shop.example" });
  await (await replica(settings)).prepare();
  assert.deepEqual((await login(credentials)).user, { ...user, role: "admin" });
  await assert.rejects(refresh(refreshToken), refreshTokenInvalid.is);
  await assert.rejects(login({ email: credentials.email, password: ada.password }), invalidCredentials.is);
});

test("another email in the settings makes another administrator, and the one before is so no longer", async (t) => {
  const { replica, login, refresh, register, promote } = await usersUnderTest(t);
  const byHand = await register();
  await promote(byHand.user);
  await (await replica(settings)).prepare();
  const former = await login(credentials);
  await (await replica({ ...settings, ADMIN_EMAIL: "new@shop.example" })).prepare();
  assert.equal((await login({ ...credentials, email: "new@shop.example" })).user.role, "admin");
  await assert.rejects(refresh(former.refreshToken), refreshTokenInvalid.is);
  assert.equal((await login(credentials)).user.role, "customer");
  assert.equal((await refresh(byHand.refreshToken)).user.role, "admin", "the settings never made this one");
});

test("an administrator whom the settings name no more stays, and the start says so", async (t) => {
  const { replica, login, logged } = await usersUnderTest(t);
  await (await replica()).prepare();
  assert.deepEqual(logged("warn"), []);
  await (await replica(settings)).prepare();
  const { user } = await login(credentials);
  await (await replica()).prepare();
  assert.equal((await login(credentials)).user.role, "admin");
  assert.deepEqual(
    logged("warn").map(({ users }) => users),
    [[user.id]],
  );
});

test("without settings there is no administrator, and half of them is a fault", () => {
  assert.deepEqual(readConfig(config, {}), {});
  const faulty = [{ ADMIN_EMAIL: settings.ADMIN_EMAIL }, { ADMIN_PASSWORD: settings.ADMIN_PASSWORD }];
  for (const environment of faulty) assert.throws(() => readConfig(config, environment), ConfigurationError);
  assert.throws(() => readConfig(config, { ...settings, ADMIN_PASSWORD: "short" }), /ADMIN_PASSWORD/);
});
