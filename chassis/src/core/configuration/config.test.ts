import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Type } from "typebox";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
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

test("a setting may be in a file, whose last line break is not part of it", async (t) => {
  const file = join(await temporaryFolder(t), "database-url");
  await writeFile(file, "postgres://db\n");
  assert.equal(readConfig(Settings, { DATABASE_URL_FILE: file, DATABASE_URL: "" }).DATABASE_URL, "postgres://db");
  await writeFile(file, "mysql://db\r\n");
  const read = () => readConfig(Settings, { DATABASE_URL_FILE: file });
  assert.throws(read, (error: ConfigurationError) => error.faults.length === 1 && /must match/.test(error.message));
});

test("a file that can't be read is one fault, and so are a setting and its file", () => {
  const read = (environment: Record<string, string>) => () => readConfig(Settings, environment);
  const nowhere = { DATABASE_URL_FILE: "/nowhere/at/all" };
  assert.throws(read(nowhere), new ConfigurationError(["DATABASE_URL_FILE names a file that can't be read (ENOENT)"]));
  assert.throws(
    read({ ...nowhere, DATABASE_URL: "postgres://db" }),
    new ConfigurationError(["DATABASE_URL and DATABASE_URL_FILE are both set"]),
  );
  assert.throws(read({ ...nowhere, PORT: "x" }), (error: ConfigurationError) => error.faults.length === 2);
});
