import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { createLog } from "../../telemetry/log.ts";
import { eventually } from "../../testing/eventually.ts";
import { hurriedClock } from "../../testing/hurried-clock.ts";
import { A, type DnsRecord, readQuestion, SRV, writeAnswer } from "../../topology/network/dns-message.ts";
import { dnsDiscovery } from "./dns.ts";

const log = createLog({ service: "test", level: "silent" });

/** A name server that answers the n-th question about a service with the n-th answer, and the last from then on. */
async function nameServer(t: TestContext, ...answers: ((id: number, query: Buffer) => Buffer | undefined)[]) {
  const socket = createSocket("udp4");
  let asked = 0;
  socket.on("message", (message, from) => {
    const answer = answers[Math.min(asked++, answers.length - 1)]?.(message.readUInt16BE(0), message);
    if (answer) socket.send(answer, from.port, from.address, () => {});
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.after(() => socket.close());
  return { url: `dns://127.0.0.1:${socket.address().port}/{service}.test`, asked: () => asked };
}

const records = (given: (type: number) => readonly DnsRecord[]) => (_id: number, query: Buffer) => {
  const question = readQuestion(query);
  return question && writeAnswer(question, given(question.type), 0);
};
const here = records((type) => (type === A ? [{ address: "127.0.0.1" }] : []));
const there = records((type) => (type === A ? [{ address: "127.0.0.2" }] : []));
const broken = (code: number) => (_id: number, query: Buffer) => {
  const answer = here(0, query) as Buffer;
  answer.writeUInt16BE(0x8400 | code, 2);
  return answer;
};

const nonsense: Record<string, (id: number, query: Buffer) => Buffer | undefined> = {
  "bytes that are no message": () => Buffer.from("hello, this is not a name server"),
  "its own question": (_id, query) => query,
  "half a message": (id, query) => (here(id, query) as Buffer).subarray(0, 20),
  "another question's answer": (id, query) => {
    const answer = there(id, query) as Buffer;
    answer.writeUInt16BE(id ^ 0xffff, 0);
    return answer;
  },
  "a failure": broken(2),
  "a refusal": broken(5),
};

for (const [name, answer] of Object.entries(nonsense)) {
  test(`a name server that answers with ${name} takes nothing away and adds nothing`, async (t) => {
    const server = await nameServer(t, here, answer, there);
    const discovery = dnsDiscovery(`${server.url}?port=80`, { log, clock: hurriedClock, random: () => 0 });
    t.after(() => discovery.close());
    discovery.instances("orders");
    await eventually(() => discovery.instances("orders")[0] === "http://127.0.0.1");
    await eventually(() => {
      assert.equal(discovery.instances("orders").length, 1);
      return discovery.instances("orders")[0] === "http://127.0.0.2";
    });
  });
}

test("records without a port and targets without an address are no instances", async (t) => {
  const given: Record<number, readonly DnsRecord[]> = {
    [SRV]: [
      { host: "a.test", port: 0 },
      { host: "b.test", port: 81 },
    ],
    [A]: [{ address: "127.0.0.3" }],
  };
  const server = await nameServer(
    t,
    records((type) => given[type] ?? []),
  );
  const discovery = dnsDiscovery(`${server.url}?type=SRV`, { log });
  t.after(() => discovery.close());
  discovery.instances("orders");
  await eventually(() => discovery.instances("orders").length > 0);
  assert.deepEqual(discovery.instances("orders"), ["http://127.0.0.3:81"]);
});
