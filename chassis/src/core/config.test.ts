import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { ConfigurationError, readConfig } from "./config.ts";

const Settings = Type.Object({
  PORT: Type.Integer({ minimum: 1, default: 80 }),
  DATABASE_URL: Type.String({ pattern: "^postgres://" }),
  VERBOSE: Type.Optional(Type.Boolean()),
});

test("settings are parsed, defaults filled in, and variables that nobody asked for left out", () => {
  const settings = readConfig(Settings, { DATABASE_URL: "postgres://db", VERBOSE: "true", HOME: "/home" });
  assert.deepEqual(settings, { PORT: 80, DATABASE_URL: "postgres://db", VERBOSE: true });
});

test("an empty variable counts as absent", () => {
  assert.equal(readConfig(Settings, { DATABASE_URL: "postgres://db", PORT: "" }).PORT, 80);
});

test("all faults are reported at once, without the values", () => {
  const read = () => readConfig(Settings, { PORT: "none", DATABASE_URL: "mysql://user:secret@db" });
  assert.throws(read, (error: ConfigurationError) => {
    assert.equal(error.faults.length, 2);
    assert.match(error.faults.join("\n"), /PORT must be integer/);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

test("a missing setting is named", () => {
  assert.throws(() => readConfig(Settings, {}), new ConfigurationError(["DATABASE_URL is not set"]));
});
