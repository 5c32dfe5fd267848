import { Agent, request } from "undici";
import type { ConsulSettings } from "./consul-settings.ts";

/** An answer of the agent. */
export type ConsulAnswer = {
  readonly status: number;
  /** The header `X-Consul-Index`: which state of the registry this is. */
  readonly index: string | undefined;
  /** The JSON; undefined when it was something else. */
  readonly body: unknown;
};

/** Consul's HTTP interface, as far as we use it. */
export type ConsulAgent = {
  /** Asks the agent, until so many milliseconds are over or the signal is aborted. Rejects when there is no answer, or one of more than 4 MiB. */
  ask(
    method: "GET" | "PUT",
    path: string,
    timeout: number,
    more?: { body?: unknown; signal?: AbortSignal },
  ): Promise<ConsulAnswer>;
  /** Ends all questions under way. */
  close(): Promise<void>;
};

const LARGEST = 4 * 2 ** 20;

/** Speaks to the agent that the settings name. Nothing but the status is told of an answer that is not JSON. */
export function consulAgent({ agent, token }: ConsulSettings): ConsulAgent {
  const dispatcher = new Agent({
    maxResponseSize: LARGEST,
    connect: { timeout: 2_000 },
    keepAliveTimeout: 10_000,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const closing = new AbortController();
  const headers = token === undefined ? {} : { "x-consul-token": token };
  return {
    async ask(method, path, timeout, { body, signal } = {}) {
      const signals = [closing.signal, AbortSignal.timeout(timeout), ...(signal ? [signal] : [])];
      const answer = await request(agent + path, {
        dispatcher,
        method,
        headers: body === undefined ? headers : { ...headers, "content-type": "application/json" },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.any(signals),
      });
      const text = await answer.body.text();
      const index = answer.headers["x-consul-index"];
      return {
        status: answer.statusCode,
        index: typeof index === "string" ? index : undefined,
        body: parse(text),
      };
    },
    async close() {
      closing.abort();
      await dispatcher.destroy();
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
