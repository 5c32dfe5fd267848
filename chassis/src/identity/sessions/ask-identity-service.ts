import type { IncomingMessage, Agent as KeptConnections } from "node:http";
import { parseUnquoted } from "../../core/configuration/parse-unquoted.ts";
import { addressOf } from "../../core/network/address.ts";
import { type Dial, plainDial } from "../../core/network/dial.ts";
import { Agent, get } from "../../core/network/node-http.ts";

const TIMEOUT = 2_000;
const LARGEST = 64 * 1024;

/** The connection on which the identity service is asked; `dial`: how it is reached, if not without TLS. */
export const identityAgent = (service = "", dial: Dial = plainDial): KeptConnections =>
  Object.assign(new Agent({ keepAlive: true, maxSockets: 1, timeout: TIMEOUT }), {
    createConnection: (at: { host: string; port: number }) => dial.open({ service, host: at.host, port: at.port }),
  });

/** Asks `ask` of one instance after the other, and returns the first answer. Throws when there is none. */
export async function firstAnswer<T>(instances: readonly string[], ask: (instance: string) => Promise<T>): Promise<T> {
  let cause: unknown = new Error("no instance of the identity service is known");
  for (const instance of instances) {
    try {
      return await ask(instance);
    } catch (error) {
      cause = error;
    }
  }
  throw cause;
}

/** The JSON at `url`, within 2 seconds; undefined when there is nothing. Throws for every other answer, and for one over 64 KiB. */
export async function readJson(
  agent: KeptConnections,
  url: string,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const answer = await answerFrom(agent, url, { accept: "application/json", ...headers });
  const text = await textOf(answer);
  if (answer.statusCode === 404) return undefined;
  const type = String(answer.headers["content-type"]);
  if (answer.statusCode !== 200 || !/^application\/(jwk-set\+)?json\b/.test(type)) {
    throw new Error(`the identity service answered with ${answer.statusCode} and ${type}`);
  }
  return parseUnquoted(text);
}

const answerFrom = (agent: KeptConnections, url: string, headers: Record<string, string>): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { origin, pathname, search } = new URL(url);
    const asked = { ...addressOf(origin), path: pathname + search, agent, headers };
    get({ ...asked, signal: AbortSignal.timeout(TIMEOUT) }, resolve).once("error", reject);
  });

async function textOf(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of answer) {
    size += piece.length;
    if (size > LARGEST) throw new Error("the identity service answered with too much");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}
