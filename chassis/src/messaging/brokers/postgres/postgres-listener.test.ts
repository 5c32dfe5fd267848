import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../../../telemetry/log.ts";
import { eventually } from "../../../testing/eventually.ts";
import { faultProxy } from "../../../testing/fault-proxy/fault-proxy.ts";
import { hurriedClock } from "../../../testing/hurried-clock.ts";
import { testDatabase } from "../../../testing/servers/postgres.ts";
import { listen } from "./postgres-listener.ts";

const log = createLog({ service: "test", level: "silent" });

test("who listens hears again soon after the other side was lost without a word", async (t) => {
  const { url, database } = await testDatabase(t);
  const proxy = await faultProxy(t, { port: Number(new URL(url).port) });
  const heard: string[] = [];
  let connects = 0;
  const listener = listen({
    url: Object.assign(new URL(url), { hostname: "127.0.0.1", port: String(proxy.port) }).href,
    name: "test",
    channel: "news",
    clock: hurriedClock,
    log,
    onNotification: (payload) => heard.push(payload),
    onConnect: () => {
      connects += 1;
    },
  });
  t.after(() => listener.close());
  const isHeard = async (news: string) => {
    await database.query("select pg_notify('news', $1)", [news]);
    await eventually(() => heard.includes(news));
  };
  await eventually(() => listener.connected());
  await isHeard("before");
  for (const lose of [() => proxy.forget(), () => proxy.halfOpen("server"), () => proxy.reset()]) {
    const before = connects;
    assert.ok(lose() > 0);
    await eventually(() => connects > before);
    await isHeard(`after ${before}`);
  }
});
