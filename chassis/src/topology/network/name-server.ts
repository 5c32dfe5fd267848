import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv4 } from "node:net";
import type { Instances } from "../../discovery/discovery.ts";
import { A, type DnsRecord, type Question, readQuestion, SRV, writeAnswer } from "./dns-message.ts";

/** A small name server of our own, for one machine: it knows the instances that it is told. */
export type NameServer = {
  /** The setting DISCOVERY_URL of whoever asks it. */
  readonly discoveryUrl: string;
  /** Where it listens, `address:port`. */
  readonly address: string;
  /** From now on these are the instances. */
  tell(instances: Instances): void;
  close(): Promise<void>;
};

const ZONE = "flotilla.internal";
/** How long an answer is good, in seconds. */
const GOOD_FOR = 1;

/**
 * Starts a name server on the loopback address, at a free port or at `port`. It answers `_http._tcp.SERVICE.flotilla.internal` with SRV records and
 * `SERVICE.flotilla.internal` with the addresses; instances have addresses of version 4.
 */
export async function startNameServer(port = 0): Promise<NameServer> {
  const socket = createSocket("udp4");
  let known = new Map<string, readonly URL[]>();
  socket.on("message", (message, from) => {
    const question = readQuestion(message);
    if (!question) return;
    // An asker that is gone is no error of ours.
    socket.send(writeAnswer(question, recordsFor(question, known), GOOD_FOR), from.port, from.address, () => {});
  });
  socket.bind(port, "127.0.0.1");
  await once(socket, "listening");
  const address = `127.0.0.1:${socket.address().port}`;
  return {
    discoveryUrl: `dns://${address}/_http._tcp.{service}.${ZONE}?type=SRV`,
    address,
    tell(instances) {
      known = new Map(Object.entries(instances).map(([name, urls]) => [name, urls.map((url) => new URL(url))]));
    },
    async close() {
      socket.close();
      await once(socket, "close");
    },
  };
}

/** The records of a name; undefined when it is no name of ours. */
function recordsFor({ name, type }: Question, known: ReadonlyMap<string, readonly URL[]>): DnsRecord[] | undefined {
  if (!name.endsWith(`.${ZONE}`)) return undefined;
  const [, protocol, subject = ""] = /^(_http\._tcp\.)?([a-z0-9_-]+)$/.exec(name.slice(0, -ZONE.length - 1)) ?? [];
  const instances = known.get(subject);
  if (protocol) {
    const host = (url: URL) => `${url.hostname.replaceAll(".", "-")}.${ZONE}`;
    const records = instances?.map((url) => ({ host: host(url), port: Number(url.port || 80) }));
    return records && (type === SRV ? records : []);
  }
  const own = subject.replaceAll("-", ".");
  const addresses = isIPv4(own) ? [own] : instances?.map(({ hostname }) => hostname);
  return addresses && (type === A ? addresses.map((address) => ({ address })) : []);
}
