import { type ChannelModel, connect, type SocketOptions } from "amqplib";
import { type Backoff, backoffDelay } from "../../../core/backoff.ts";
import type { Clock } from "../../../core/clock.ts";
import { unavailable } from "../../../core/failure/failure.ts";
import type { Log } from "../../../telemetry/log.ts";
import type { BrokerState } from "../broker.ts";
import { answerWithin } from "./answer-within.ts";

/** A connection to RabbitMQ that is made again whenever it is lost. */
export type Link = {
  /** The connection there is right now. */
  current(): ChannelModel | undefined;
  /** Resolves with the connection as soon as there is one; throws `unavailable` after 5 s without, or when the sign-in is refused. */
  connected(): Promise<ChannelModel>;
  state(): BrokerState;
  /** Cuts the connection there is, if any, without a word: another one is made. For a node that does not answer any more. */
  reset(): void;
  /** Says goodbye, and does not wait long for the answer. */
  close(): Promise<void>;
};

export type LinkOptions = {
  /** The nodes of the cluster; the next one is tried when one can't be reached. */
  urls: readonly string[];
  /** What the broker shows as the name of the connection. */
  name: string;
  clock: Clock;
  log: Log;
  /** Called after each connect. */
  onConnect(connection: ChannelModel): void;
};

const backoff: Backoff = { first: 100, most: 2_000 };

/** Seconds between signs of life; two without any end the connection. */
const HEARTBEAT = 5;

/** Milliseconds that connecting may take, and that somebody waits for a connection. */
const LONGEST_HANDSHAKE = 5_000;
const LONGEST_WAIT = 5_000;

/** Milliseconds that the broker has to answer a goodbye. */
const LONGEST_GOODBYE = 2_000;

/** Keeps a connection to one of the nodes. */
export function keepLinked(options: LinkOptions): Link {
  const { clock, log } = options;
  const closing = new AbortController();
  let connection: ChannelModel | undefined;
  let socket = new AbortController();
  let blocked = false;
  let waiting = Promise.withResolvers<ChannelModel>();
  let refused = Promise.withResolvers<undefined>();
  let lastError: unknown;

  async function run(): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; ) {
      const url = options.urls[failures % options.urls.length] as string;
      try {
        socket = new AbortController();
        refused = Promise.withResolvers();
        await serve(await open(url, options.name, socket.signal));
        failures = 0;
      } catch (error) {
        lastError = error;
        failures += 1;
        if (isSignInRefused(error)) refused.resolve(undefined);
        if (!closing.signal.aborted) log.warn({ err: error, failures }, "RabbitMQ can't be reached");
        await clock.sleep(backoffDelay(backoff, failures), closing.signal).catch(() => {});
      }
    }
  }

  /** Resolves when the connection is lost. */
  async function serve(opened: ChannelModel): Promise<void> {
    const lost = untilLost(opened, log, (is) => {
      blocked = is;
    });
    if (closing.signal.aborted) return goodbye(opened);
    connection = opened;
    waiting.resolve(opened);
    options.onConnect(opened);
    await lost;
    connection = undefined;
    blocked = false;
    waiting = Promise.withResolvers();
  }

  async function goodbye(opened: ChannelModel): Promise<void> {
    await answerWithin(clock, LONGEST_GOODBYE, opened.close(), () => socket.abort()).catch(() => {});
  }

  const running = run();
  return {
    current: () => connection,
    async connected() {
      if (connection) return connection;
      const enough = new AbortController();
      const tooLong = clock.sleep(LONGEST_WAIT, AbortSignal.any([enough.signal, closing.signal])).catch(() => {});
      const made = await Promise.race([waiting.promise, refused.promise, tooLong]);
      enough.abort();
      if (!made) throw unavailable.failure({ cause: lastError ?? new Error("there is no connection to RabbitMQ") });
      return made;
    },
    state: () => (connection === undefined ? "away" : blocked ? "blocked" : "connected"),
    reset: () => socket.abort(),
    async close() {
      closing.abort();
      if (connection) await goodbye(connection);
      await running;
    },
  };
}

/** RabbitMQ answers, and does not know us. */
const isSignInRefused = (error: unknown): boolean => /ACCESS[_-]REFUSED/i.test((error as Error).message);

/** Resolves when the connection is lost; until then tells when the broker takes no messages, and when it does again. */
function untilLost(opened: ChannelModel, log: Log, onBlocked: (blocked: boolean) => void): Promise<void> {
  opened.on("error", (error) => log.warn({ err: error }, "the connection to RabbitMQ failed"));
  opened.on("blocked", (reason) => {
    onBlocked(true);
    log.warn({ reason }, "RabbitMQ takes no messages for now");
  });
  opened.on("unblocked", () => onBlocked(false));
  return new Promise((resolve) => {
    opened.on("close", () => resolve());
  });
}

const open = (url: string, name: string, signal: AbortSignal): Promise<ChannelModel> => {
  const withHeartbeat = new URL(url);
  if (!withHeartbeat.searchParams.has("heartbeat")) withHeartbeat.searchParams.set("heartbeat", String(HEARTBEAT));
  const socket: SocketOptions & { signal: AbortSignal } = {
    signal,
    timeout: LONGEST_HANDSHAKE,
    keepAlive: true,
    noDelay: true,
    clientProperties: { connection_name: name },
  };
  return connect(withHeartbeat.href, socket);
};
