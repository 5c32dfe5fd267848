import assert from "node:assert/strict";
import type { BodyOf } from "@flotilla/chassis/contract";
import type { Database } from "@flotilla/chassis/database";
import { anonymous, type User as Caller } from "@flotilla/chassis/identity";
import type { Publish } from "@flotilla/chassis/messaging";
import { Answer } from "@flotilla/chassis/service";
import { createLog } from "@flotilla/chassis/telemetry";
import { type Cleanup, fakeClock, testDatabase } from "@flotilla/chassis/testing";
import type { SignedIn, User, users } from "@flotilla/contracts/users";
import { jsonValidator } from "../../../chassis/src/contract/validation/validate.ts";
import type { AuditEntry } from "./audit.ts";
import type { calls } from "./calls.ts";
import { service } from "./service.ts";

type Calls = ReturnType<typeof calls>;
type Reply<Name extends keyof Calls> = Exclude<Awaited<ReturnType<Calls[Name]>>, Answer<unknown>>;
type Given = { params?: object; query?: object; body?: object; caller?: Caller; network?: string };
type Events = (typeof users)["events"];
type Published = { type: string; body: BodyOf<Events[keyof Events]> };

export const ada = { name: "Ada", email: "ada@example.org", password: "correct horse" };

/** The users service on a database of its own: its calls, the events it published, and its audit. */
export async function usersUnderTest(t: Cleanup) {
  const { database } = await testDatabase(t, [{ name: "users", folder: new URL("../migrations/", import.meta.url) }]);
  const clock = fakeClock();
  const published: Published[] = [];
  const publish: Publish = async (tx, event, body) => {
    jsonValidator(event.body)(body);
    tx.afterCommit(() => published.push({ type: event.type, body: body as Published["body"] }));
  };
  const audited: AuditEntry[] = [];
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write(line: string) {
      const parsed = JSON.parse(line);
      lines.push(parsed);
      if (parsed.audit) audited.push(parsed.audit);
    },
  };
  const log = createLog({ service: "users", level: "info", destination });

  /** A replica with these settings. */
  async function replica(config: { ADMIN_EMAIL?: string; ADMIN_PASSWORD?: string } = {}) {
    const wiring = await service.wire({
      config,
      database,
      publish,
      clock,
      log,
      erase: async () => {},
      startSaga: () => assert.fail("users has no sagas"),
      startSagaAlone: () => assert.fail("users has no sagas"),
      clients: {},
    });
    const call = async <Name extends keyof Calls>(name: Name, given: Given = {}): Promise<Reply<Name>> => {
      const blank = { params: {}, query: {}, headers: {}, key: "", caller: anonymous, network: "192.0.2.1" };
      const signal = new AbortController().signal;
      const reply = await wiring.answers[name]({ ...blank, ...given, signal } as never);
      return (reply instanceof Answer ? reply.body : reply) as Reply<Name>;
    };
    /** Starts what is done in the background. */
    function work(): void {
      for (const worker of wiring.workers ?? []) {
        worker.start({ clock, log });
        t.after(worker.stop);
      }
    }
    return { call, work, prepare: async () => wiring.prepare?.() };
  }

  const { call, work, prepare } = await replica();
  await prepare();
  return {
    database,
    clock,
    published,
    audited,
    logged: (level: string) => lines.filter((line) => line["level"] === level),
    replica,
    call,
    work,
    register: (given: Partial<typeof ada> = {}) => call("register", { body: { ...ada, ...given } }),
    login: (given: { email?: string; password?: string } = {}, network = "192.0.2.1") =>
      call("login", { network, body: { email: ada.email, password: ada.password, ...given } }),
    refresh: (refreshToken: string) => call("refresh", { body: { refreshToken } }),
    /** Makes the account an administrator's. */
    promote: ({ id }: User) => database.query("update account set role = 'admin' where id = $1", [id]),
  };
}

/** Opens all connections, so that what is asked at the same time from now on is done at the same time. */
export const openConnections = (database: Database) =>
  Promise.all(Array.from({ length: 10 }, () => database.query("select pg_sleep(0.1)")));

/** The caller that an answer's access token stands for. */
export function callerOf({ user, accessToken }: SignedIn): Caller {
  const claims = JSON.parse(Buffer.from(accessToken.split(".")[1] as string, "base64url").toString());
  return { kind: "user", id: user.id, name: user.name, role: user.role, session: claims.sid };
}
