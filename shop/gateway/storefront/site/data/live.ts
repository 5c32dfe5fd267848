import type { Notification } from "@flotilla/contracts/notifications";
import { patience, pause } from "./connection.ts";
import { exclusively } from "./lock.ts";
import { Problem, readProblem } from "./problem.ts";
import { accessToken, forgetAccessToken, user } from "./session.ts";
import { createSignal } from "./signal.ts";

/** The newest notification, as it comes; undefined before the first. */
export const news = createSignal<Notification | undefined>(undefined);

/** One tab listens for all: a browser has six connections to a shop, and streams hold theirs. */
const tabs = new BroadcastChannel("flotilla.news");
tabs.onmessage = ({ data }: MessageEvent<{ userId: string; notification: Notification }>) => {
  if (data.userId === user.value()?.id) news.set(data.notification);
};

let listening: AbortController | undefined;
let listenerOf: string | undefined;

/** Listens to the notifications of whoever is signed in, from now on. */
export function listenToNews(): void {
  const follow = (who = user.value()) => {
    if (who?.id === listenerOf) return;
    listening?.abort();
    listenerOf = who?.id;
    if (!who) return;
    listening = new AbortController();
    const { signal } = listening;
    exclusively("news", () => listen(who.id, signal), signal).catch(() => {});
  };
  user.watch(follow);
  follow();
}

async function listen(userId: string, signal: AbortSignal): Promise<void> {
  let lastEventId = "";
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      for await (const { id, data } of events(lastEventId, signal)) {
        attempt = 0;
        lastEventId = id;
        const notification: Notification = JSON.parse(data);
        tabs.postMessage({ userId, notification });
        news.set(notification);
      }
    } catch (error) {
      if (error instanceof Problem && error.status === 401 && error.code === "signed_out") return;
    }
    await pause(patience(Math.min(attempt, 5), undefined), signal);
  }
}

/** The events of one connection; it ends when the connection does. */
async function* events(lastEventId: string, signal: AbortSignal): AsyncGenerator<{ id: string; data: string }> {
  const token = await accessToken();
  if (!token) throw new Problem(401, "signed_out");
  const response = await openStream(token, lastEventId, signal);
  if (!response.ok || !response.body) {
    if (response.status === 401) forgetAccessToken(token);
    throw await readProblem(response);
  }
  let rest = "";
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + part).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
      const [id, data] = [field("id"), field("data")];
      if (field("event") === "notification" && id && data) yield { id, data };
    }
  }
}

const openStream = (token: string, lastEventId: string, signal: AbortSignal): Promise<Response> =>
  fetch("/api/notifications/stream", {
    headers: { authorization: `Bearer ${token}`, ...(lastEventId ? { "last-event-id": lastEventId } : {}) },
    credentials: "omit",
    signal,
  });
