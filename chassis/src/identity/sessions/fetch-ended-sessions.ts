import type { Agent } from "node:http";
import { readJson } from "./ask-identity-service.ts";

/** Where the identity service tells which sessions have ended. */
export const ENDED_SESSIONS_PATH = "/ended-sessions";

/** Sessions that ended, and from where to read on. */
export type EndedSessionsPage = { readonly sessions: readonly string[]; readonly since: string };

const MOST_PAGES = 1_000;

/**
 * Reads which sessions ended since the reading that returned `since` (without: while tokens of theirs may be in time), page after
 * page. An identity service that has nothing there ends no session before its tokens.
 */
export async function fetchEndedSessions(
  agent: Agent,
  { instance, token, since }: { instance: string; token: string; since: string },
): Promise<EndedSessionsPage> {
  const sessions: string[] = [];
  let first: EndedSessionsPage | undefined;
  let after: string | null = "";
  for (let page = 0; after !== null && page < MOST_PAGES; page += 1) {
    const query = new URLSearchParams({ ...(since ? { since } : {}), ...(after ? { after } : {}) });
    const answer = await readJson(agent, `${instance}${ENDED_SESSIONS_PATH}?${query}`, {
      authorization: `Bearer ${token}`,
    });
    if (answer === undefined) return { sessions, since };
    const read = asPage(answer);
    // What ends while the pages are read is newer than the first of them.
    first ??= read;
    sessions.push(...read.sessions);
    after = read.after;
  }
  return { sessions, since: first?.since ?? since };
}

function asPage(answer: unknown): EndedSessionsPage & { after: string | null } {
  const { sessions, since, after } = answer as { sessions: unknown; since: unknown; after: unknown };
  const isPage =
    Array.isArray(sessions) &&
    sessions.every((session) => typeof session === "string") &&
    typeof since === "string" &&
    (after === null || typeof after === "string");
  if (!isPage) throw new Error("the ended sessions are none");
  return { sessions, since, after };
}
