import { connection, patience, pause } from "./connection.ts";
import { Problem, readProblem } from "./problem.ts";
import { send } from "./send.ts";
import { accessToken, forgetAccessToken } from "./session.ts";

export type AskOptions = {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** `own` (the default) asks as the customer, when there is one signed in; `anybody` as nobody. */
  readonly as?: "own" | "anybody";
  /** How often it is tried while the shop is busy or away. Default: 4 for what only reads, else 1. */
  readonly attempts?: number;
};

/**
 * Asks the shop, and gives what the answer's body holds. Throws a Problem; what passes is tried again first, after the time that the shop asks
 * for.
 */
export async function ask<T>(method: string, path: string, options: AskOptions = {}): Promise<T> {
  const { attempts = method === "GET" ? 4 : 1, signal } = options;
  for (let attempt = 0; ; attempt++) {
    try {
      const body = await readJson(await sendOnce(method, path, options));
      connection.set("good");
      return body as T;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      connection.set(!error.isPassing ? "good" : error.status === 0 ? "away" : "busy");
      if (!error.isPassing || attempt + 1 >= attempts) throw error;
      await pause(patience(attempt, error.retryAfter), signal);
    }
  }
}

async function sendOnce(method: string, path: string, { body, headers, signal, as = "own" }: AskOptions) {
  const attempt = async (token: string | undefined) =>
    send(method, path, {
      body,
      signal,
      headers: { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}) },
    });
  const token = as === "own" ? await accessToken() : undefined;
  const response = await attempt(token);
  if (response.status !== 401 || token === undefined) return checked(response);
  // The token may have ended before its time, as by a sign-out elsewhere: a new one tells.
  forgetAccessToken(token);
  return checked(await attempt(await accessToken()));
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  const problem = await readProblem(response);
  throw problem.status === 401 && problem.code.startsWith("token_") ? new Problem(401, "signed_out") : problem;
}

const readJson = async (response: Response): Promise<unknown> => {
  const text = await response.text().catch(() => {
    throw new Problem(0, "unreachable");
  });
  return text === "" ? undefined : JSON.parse(text);
};
