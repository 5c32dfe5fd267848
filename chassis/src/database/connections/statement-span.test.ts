import assert from "node:assert/strict";
import { test } from "node:test";
import { newContext, runInContext } from "../../context/context.ts";
import type { EndedSpan } from "../../context/tracer.ts";
import { asSpan } from "../../telemetry/tracing/span.ts";
import { testDatabase } from "../../testing/servers/postgres.ts";

test("statements of traced work are spans that tell what was done to which table, and no value", async (t) => {
  const { database } = await testDatabase(t);
  const spans: EndedSpan[] = [];
  const context = newContext({ tracer: { samples: () => true, record: (span) => void spans.push(span) } });
  const secret = "hunter2";
  await asSpan(context, undefined, "request", {}, async () => {
    await database.query("create table thing (name text primary key)");
    await database.transaction((tx) => tx.query("insert into thing (name) values ($1)", [secret]));
    await database.query("with known as (select 1) select * from thing where name = $1", [secret]);
    await assert.rejects(database.query("insert into thing (name) values ($1)", [secret]));
    await database.query("select name from thing order by random() limit 1");
  });
  assert.deepEqual(
    spans.map(({ name, failed }) => [name, failed]),
    [
      ["create thing", false],
      ["insert thing", false],
      ["commit", false],
      ["select thing", false],
      ["insert thing", true],
      ["select thing", false],
      ["request", false],
    ],
  );
  assert.deepEqual(new Set(spans.slice(0, -1).map(({ parentId }) => parentId)), new Set([context.trace.spanId]));
  assert.doesNotMatch(JSON.stringify(spans), new RegExp(secret));
});

test("a look for work that nobody asked for is no span", async (t) => {
  const { database } = await testDatabase(t);
  const spans: EndedSpan[] = [];
  const context = newContext({ tracer: { samples: () => true, record: (span) => void spans.push(span) } });
  await runInContext(context, () => database.query("select 1"));
  assert.deepEqual(spans, []);
});
