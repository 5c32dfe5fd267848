import { Agent, type IncomingMessage, type Agent as KeptConnections, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/* node attack.ts KIND: attacks the gateway of its first message, from another address of this machine, until it is ended. */

export type AttackOrder = {
  readonly gateway: string;
  /** Users of the attacker's, their password, and an order that is under way for seconds. */
  readonly users: readonly { readonly id: string; readonly accessToken: string; readonly email: string }[];
  readonly password: string;
  readonly order: object;
};

/** Where attacks come from: Linux takes all of 127.0.0.0/8 for this machine. */
const ADDRESS = "127.0.0.2";

type Sent = {
  readonly method: string;
  readonly path: string;
  readonly token?: string;
  readonly body?: string;
  readonly headers?: object;
};

function sender(gateway: string, agent: KeptConnections) {
  const { hostname, port } = new URL(gateway);
  return ({ method, path, token, body, headers }: Sent): Promise<number> =>
    new Promise((resolve) => {
      const all: Record<string, string> = { ...headers };
      if (token) all["authorization"] = `Bearer ${token}`;
      if (body !== undefined)
        Object.assign(all, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
      const asked = request({ hostname, port, method, path, headers: all, agent, localAddress: ADDRESS });
      asked.on("error", () => resolve(0));
      asked.on("response", (response: IncomingMessage) => {
        response.resume();
        response.on("close", () => resolve(response.statusCode ?? 0));
      });
      asked.end(body);
    });
}

/** So many clients, each of which sends again as soon as it was answered; one that was refused or cut off comes back after `pause` milliseconds. */
const clients = (count: number, send: (number: number) => Promise<number>, pause = 100): void => {
  for (let number = 0; number < count; number++) {
    void (async () => {
      for (;;) {
        const status = await send(number);
        if (status === 0 || status === 429 || status === 503) await delay(pause);
      }
    })();
  }
};

const LENGTH = 64 * 1024;
const repeated = (part: string, before: string, after: string): string =>
  before + part.repeat(Math.floor((LENGTH - before.length - after.length) / part.length)) + after;

/** What once cost most within 64 KiB. */
const costly = [
  repeated("1,", "[", "1e1]"),
  repeated("{},", '{"items":[', "{}]}"),
  repeated("a\\u0323\\u0307", '{"name":"', '"}'),
  repeated("[],", '{"email":[', "[]]}"),
];

type Attack = (order: AttackOrder) => void;

export const attacks: Readonly<Record<string, Attack>> = {
  "600 waits of one user": ({ gateway, users: [ann], order }) => {
    const send = sender(gateway, new Agent({ keepAlive: true, maxSockets: 600 }));
    const placed = { method: "POST", path: "/api/orders", body: JSON.stringify(order) };
    // An order is under way for three seconds: after that, what is waited for is another.
    const headers = () => ({ "idempotency-key": `order-${Math.floor(Date.now() / 2_500)}`, prefer: "wait=30" });
    // What is answered at once, because too many wait already, is asked for again in a second.
    const wait = () => send({ ...placed, headers: headers(), token: ann?.accessToken ?? "" });
    clients(600, () => Promise.all([wait(), delay(1_000)]).then(([status]) => status));
  },
  "80 changes of an account, and 40 wrong sign-ins": ({ gateway, users: [ann], password }) => {
    const send = sender(gateway, new Agent({ keepAlive: true, maxSockets: 120 }));
    const change = JSON.stringify({ name: " ", password, currentPassword: password });
    clients(80, () =>
      send({ method: "PUT", path: `/api/users/${ann?.id}`, token: ann?.accessToken ?? "", body: change }),
    );
    const wrong = JSON.stringify({ email: ann?.email, password: "not the password" });
    clients(40, () => send({ method: "POST", path: "/api/auth/login", body: wrong }));
  },
  "8 clients of costly bodies": ({ gateway }) => {
    const send = sender(gateway, new Agent({ keepAlive: true, maxSockets: 8 }));
    const paths = ["/api/auth/login", "/api/auth/register", "/api/auth/refresh", "/api/auth/password-reset"];
    let number = 0;
    clients(8, () => {
      number += 1;
      const path = paths[number % paths.length] as string;
      return send({ method: "POST", path, body: costly[(number >> 2) % costly.length] as string });
    });
  },
  "1,000 streams of one address": ({ gateway, users }) => {
    const send = sender(gateway, new Agent({ keepAlive: true, maxSockets: 1_000 }));
    clients(
      1_000,
      (number) =>
        send({
          method: "GET",
          path: "/api/notifications/stream",
          token: users[number % users.length]?.accessToken ?? "",
          headers: { accept: "text/event-stream" },
        }),
      1_000,
    );
  },
};

const [kind] = process.argv.slice(2);
if (kind !== undefined && process.send) {
  process.once("message", (order: AttackOrder) => attacks[kind]?.(order));
  process.once("disconnect", () => process.exit(0));
}
