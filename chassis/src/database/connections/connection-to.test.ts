import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { postgresServer } from "../../testing/servers/postgres.ts";

/** What a query through our pool answers in a process with this environment. */
async function asked(environment: NodeJS.ProcessEnv, parameters = ""): Promise<string> {
  const url = `${await postgresServer()}${parameters}`;
  const script = `
    const { openDatabase } = await import("./chassis/src/database/database.ts");
    const { createLog } = await import("./chassis/src/telemetry/log.ts");
    const database = openDatabase({ url: ${JSON.stringify(url)}, name: "test", log: createLog({ service: "test", level: "silent" }) });
    const [row] = await database.query("select current_setting('geqo') as geqo");
    console.log(row.geqo);
    await database.close();`;
  const env = { PATH: process.env["PATH"], ...environment };
  const run = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { env, encoding: "utf8" });
  return run.stdout.trim() || run.stderr;
}

const elsewhere = {
  PGSSLMODE: "require",
  PGOPTIONS: "-c geqo=off",
  PGHOST: "192.0.2.1",
  PGPORT: "1",
  PGUSER: "nobody",
  PGPASSWORD: "no",
  PGDATABASE: "nowhere",
  PGSSLNEGOTIATION: "direct",
  PGREPLICATION: "database",
  PGCONNECT_TIMEOUT: "1",
};

test("what the environment says about other servers changes nothing", async () => {
  assert.equal(await asked(elsewhere), "on");
});

test("what the URL says counts", async () => {
  assert.equal(await asked({}, "?options=-c%20geqo%3Doff"), "off");
  assert.match(await asked({}, "?sslmode=require"), /does not support SSL/);
});
