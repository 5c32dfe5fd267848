import { Agent, type Dispatcher, request } from "undici";

const TIMEOUT = 2_000;
const LARGEST = 64 * 1024;

/** The connections on which the identity service is asked: few, and closed to answers over 64 KiB. */
export const identityAgent = (): Agent =>
  new Agent({ connections: 1, keepAliveTimeout: 1_000, maxResponseSize: LARGEST, connect: { timeout: TIMEOUT } });

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

/** The JSON at `url`, within 2 seconds; undefined when there is nothing. Throws for every other answer. */
export async function readJson(
  dispatcher: Dispatcher,
  url: string,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const answer = await request(url, {
    dispatcher,
    headers: { accept: "application/json", ...headers },
    signal: AbortSignal.timeout(TIMEOUT),
  });
  const text = await answer.body.text();
  if (answer.statusCode === 404) return undefined;
  const type = String(answer.headers["content-type"]);
  if (answer.statusCode !== 200 || !/^application\/(jwk-set\+)?json\b/.test(type)) {
    throw new Error(`the identity service answered with ${answer.statusCode} and ${type}`);
  }
  return JSON.parse(text);
}
