import { execFile, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openLoop, quantile, type Sample } from "../../chassis/src/testing/open-loop.ts";
import { type Row, row } from "../report.ts";
import { startShopProcess } from "../shop-process.ts";
import { type AttackOrder, attacks } from "./attack.ts";
import { CORES } from "./load.ts";

const ROUNDS = Number(process.env["ROUNDS"] ?? 3);
/** Milliseconds that each round lasts, quiet and attacked, after a while that does not count. */
const ROUND = Number(process.env["SECONDS"] ?? 6) * 1_000;
const ONSET = 2_000;
const PER_SECOND = 40;
/** `ATTACKS` names some, separated by `;`. */
const KINDS = process.env["ATTACKS"]?.split(";") ?? Object.keys(attacks);
const PASSWORD = "a good password";

type User = { readonly id: string; readonly email: string; readonly accessToken: string };

/**
 * Attacks on a running shop, each in turns with quiet, and honest users beside it: they read, order and sign in. Reported are how often they were
 * refused, and how much longer they waited than when all was quiet.
 */
export async function measureAttacks(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-bench-"));
  await promisify(execFile)("taskset", ["-cp", CORES.load, String(process.pid)]);
  const shop = await startShopProcess(folder, { core: CORES.subject });
  try {
    const people = await peopleOf(shop.gateway, folder);
    await rounds(people.honest, 3_000);
    const rows: Row[] = [];
    for (const kind of KINDS) rows.push(...(await attacked(kind, people)));
    return rows;
  } finally {
    await shop.stop();
    await rm(folder, { recursive: true });
  }
}

type People = { readonly honest: (number: number) => Promise<string>; readonly order: AttackOrder };

async function attacked(kind: string, { honest, order }: People): Promise<Row[]> {
  const quiet: Sample[] = [];
  const beside: Sample[] = [];
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await rounds(honest, ROUND);
    const attacker = fork(fileURLToPath(new URL("./attack.ts", import.meta.url)), [kind]);
    attacker.send(order);
    await delay(ONSET);
    const under = await rounds(honest, ROUND);
    const ended = once(attacker, "exit");
    attacker.kill("SIGKILL");
    await ended;
    quiet.push(...alone);
    beside.push(...under);
    times.push(quantile(of(under, "ok"), 0.99) / quantile(of(alone, "ok"), 0.99));
  }
  const refused = beside.filter(({ outcome }) => outcome !== "ok" && outcome !== "signed in");
  for (const outcome of new Set(refused.map((sample) => sample.outcome))) console.error(`beside ${kind}: ${outcome}`);
  const [signedIn, signedInBeside] = [quiet, beside].map((samples) => of(samples, "signed in"));
  return [
    row("flotilla", "honest reads and orders when all is quiet, p99", "ms", [quantile(of(quiet, "ok"), 0.99)]),
    row("flotilla", `beside ${kind}`, "ms", [quantile(of(beside, "ok"), 0.99)]),
    row("flotilla", "so many times as much, median of rounds", "x", times),
    row("flotilla", "an honest sign-in when all is quiet, median", "ms", [quantile(signedIn ?? [], 0.5)]),
    row("flotilla", "a sign-in then, median", "ms", [quantile(signedInBeside ?? [], 0.5)]),
    row("flotilla", `honest requests refused of ${beside.length}`, "", [refused.length]),
  ];
}

const of = (samples: readonly Sample[], outcome: string): readonly Sample[] =>
  samples.filter((sample) => sample.outcome === outcome);

async function rounds(send: (number: number) => Promise<string>, milliseconds: number): Promise<readonly Sample[]> {
  const load = openLoop({ perSecond: PER_SECOND, send });
  await delay(milliseconds);
  return load.stop();
}

/** Honest users of a stocked shop, and the attacker's. */
async function peopleOf(gateway: string, folder: string): Promise<People> {
  const send = (method: string, path: string, { token, body, headers = {} }: Sent = {}) =>
    fetch(`${gateway}${path}`, {
      method,
      headers: {
        ...headers,
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        "content-type": "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const made = async <T>(...sent: Parameters<typeof send>): Promise<T> => {
    const answer = await send(...sent);
    if (!answer.ok) throw new Error(`${sent[0]} ${sent[1]}: ${answer.status} ${await answer.text()}`);
    return answer.json() as Promise<T>;
  };
  const account = JSON.parse(await readFile(join(folder, "admin.json"), "utf8"));
  const { email, password } = account;
  const admin = await made<User>("POST", "/api/auth/login", { body: { email, password } });
  const product = { name: "Bench", price: { amount: 100, currency: "EUR" } };
  const { id } = await made<User>("POST", "/api/products", { token: admin.accessToken, body: product });
  await made("PUT", `/api/inventory/${id}`, { token: admin.accessToken, body: { available: 1_000_000 } });
  const register = async (): Promise<User> => {
    const body = { name: "Bench", email: `bench-${randomUUID()}@mail.example`, password: PASSWORD };
    const { user, accessToken } = await made<{ user: User; accessToken: string }>("POST", "/api/auth/register", {
      body,
    });
    return { ...user, accessToken };
  };
  const customers = await Promise.all(Array.from({ length: 8 }, register));
  const users = await Promise.all(Array.from({ length: 20 }, register));
  const orderOf = (method: string) => ({ items: [{ productId: id, quantity: 1 }], payment: { method } });

  async function honest(number: number): Promise<string> {
    const customer = customers[number % customers.length] as User;
    const token = customer.accessToken;
    const kinds = [
      () => send("GET", `/api/products/${id}`),
      () => send("GET", "/api/orders?limit=5", { token }),
      () => send("GET", "/api/users/me", { token }),
      () =>
        send("POST", "/api/orders", {
          token,
          body: orderOf("pm_card_visa"),
          headers: { "idempotency-key": randomUUID() },
        }),
      () => send("GET", "/api/products?limit=10"),
      () => send("GET", "/api/notifications?limit=5", { token }),
    ];
    // One of forty signs in.
    const signIn = () => send("POST", "/api/auth/login", { body: { email: customer.email, password: PASSWORD } });
    const isSignIn = number % 40 === 39;
    const answer = await (isSignIn ? signIn : (kinds[number % kinds.length] as () => Promise<Response>))();
    const text = await answer.text();
    if (!answer.ok) return `${answer.status} ${JSON.parse(text).code} for ${new URL(answer.url).pathname}`;
    return isSignIn ? "signed in" : "ok";
  }

  return {
    honest,
    order: { gateway, users, password: PASSWORD, order: orderOf("pm_card_slow") },
  };
}

type Sent = { readonly token?: string; readonly body?: unknown; readonly headers?: Record<string, string> };
