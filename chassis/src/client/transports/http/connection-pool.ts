import type { Address } from "../../../core/network/address.ts";
import { type Dial, plainDial } from "../../../core/network/dial.ts";
import { FAIR_TIME } from "../../attempt-outcome.ts";
import { type Asker, type Connection, type Message, openConnection } from "./connection.ts";
import { requestHead, type UpstreamRequest } from "./request-head.ts";
import { type WaitingLine, waitingLine } from "./waiting-line.ts";

/** A request under way. */
export type Asking = {
  /** Nobody waits for the answer any more: the request is taken back. Returns whether anything of it may have reached the service. */
  cancel(): boolean;
  /** As `cancel`, where no answer began in all the time that it had: if the connection has lost its way, no other goes over it. */
  giveUp(): boolean;
  /** Lets the answer go on after `onData` said that it shall wait. */
  resume(): void;
};

/** A way to one instance of a service. */
export type Way = {
  /** Sends a request, as soon as a connection takes it. Throws a TypeError for what can't be sent. */
  ask(request: UpstreamRequest, asker: Asker): Asking;
};

/** Connections to one instance of a service, kept open between requests. */
export type ConnectionPool = Way & {
  /** Ends idle connections, and the others after what is under way. */
  close(): void;
  /** Ends all connections at once. */
  destroy(): void;
};

export type PoolOptions = {
  /** Milliseconds to wait in line, and then fail as `busy`. Default: as long as it takes. */
  readonly patience?: number | undefined;
  /** The service that listens there, and how it is reached. Default: as any, without TLS. */
  readonly service?: string;
  readonly dial?: Dial | undefined;
  /** Told when the last connection has ended. */
  readonly onUnused?: () => void;
};

/** `since`: when it was given a connection. */
type Waiting = Message & { readonly caller: string | undefined; connection: Connection | undefined; since: number };

/** Milliseconds; shorter than the services keep an idle connection, so that none is used that is about to be closed. */
const KEEP_ALIVE = 20_000;
const MARGIN = 1_000;

/**
 * Makes a pool of at most `most` connections; what comes beyond waits in line. The connection used last is used first.
 */
export function connectionPool(
  address: Address,
  most: number,
  { patience, service = "", dial = plainDial, onUnused }: PoolOptions = {},
): ConnectionPool {
  const host = `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
  const all = new Set<Connection>();
  const idle = idleConnections();
  const line = waitingLine<Waiting>(patience);
  let closed = false;
  /** When an answer last left its connection free. */
  let heardAt = 0;

  function open(): Connection {
    const connection = openConnection({ ...address, service }, dial, {
      onIdle(keptFor = KEEP_ALIVE) {
        heardAt = performance.now();
        const next = line.next();
        if (next) start(next, connection);
        else if (closed) connection.drop();
        else idle.add(connection, Math.min(KEEP_ALIVE, keptFor - MARGIN));
      },
      onClose() {
        all.delete(connection);
        idle.remove(connection);
        const next = line.next();
        if (next) start(next, open());
        else if (all.size === 0) onUnused?.();
      },
    });
    all.add(connection);
    return connection;
  }

  function start(waiting: Waiting, connection: Connection): void {
    waiting.connection = connection;
    waiting.since = performance.now();
    connection.send(waiting);
  }

  return {
    ask(request, asker) {
      const head = requestHead(request, host);
      const { method, body, caller } = request;
      const waiting: Waiting = { method, head, body, asker, caller, connection: undefined, since: 0 };
      const connection = idle.take() ?? (all.size < most ? open() : undefined);
      if (connection) {
        asker.onWaited?.(0);
        start(waiting, connection);
      } else line.join(waiting);
      return askingFor(waiting, line, () => {
        // One lost its way without a word, and the others probably have as well.
        if (isSilent(waiting, heardAt)) idle.drop();
      });
    },
    close() {
      closed = true;
      idle.close();
    },
    destroy() {
      closed = true;
      idle.close();
      line.clear();
      for (const connection of all) connection.drop();
    },
  };
}

function askingFor(waiting: Waiting, line: WaitingLine<Waiting>, onLate: () => void): Asking {
  const { asker } = waiting;
  /** Returns whether the service may have got of it. */
  const cancel = (): boolean => {
    if (waiting.connection) return waiting.connection.cancel(asker);
    line.leave(waiting);
    return false;
  };
  return {
    cancel,
    giveUp() {
      onLate();
      return cancel();
    },
    resume: () => waiting.connection?.resume(asker),
  };
}

/** Whether no answer to anything has come since it was sent, although there was time for one. */
const isSilent = ({ connection, since }: Waiting, heardAt: number): boolean =>
  connection !== undefined && heardAt < since && performance.now() - since >= FAIR_TIME;

/** Connections that nobody uses, each until its time is over. */
function idleConnections() {
  const idle: { readonly connection: Connection; readonly until: number }[] = [];
  const sweep = setInterval(() => {
    const now = performance.now();
    for (const { connection, until } of [...idle]) if (until <= now) connection.drop();
  }, KEEP_ALIVE / 4);
  sweep.unref();
  const drop = (): void => {
    for (const { connection } of idle.splice(0)) connection.drop();
  };
  return {
    /** Keeps a connection for so many milliseconds. */
    add(connection: Connection, milliseconds: number): void {
      if (milliseconds <= 0) connection.drop();
      else idle.push({ connection, until: performance.now() + milliseconds });
    },
    /** The one that was used last. */
    take(): Connection | undefined {
      const now = performance.now();
      for (let last = idle.pop(); last; last = idle.pop()) {
        if (last.until > now) return last.connection;
        last.connection.drop();
      }
      return undefined;
    },
    remove(connection: Connection): void {
      const at = idle.findIndex((other) => other.connection === connection);
      if (at !== -1) idle.splice(at, 1);
    },
    drop,
    close(): void {
      clearInterval(sweep);
      drop();
    },
  };
}
