import { contract } from "@flotilla/chassis/contract";
import { notFound } from "@flotilla/chassis/failure";
import { accessTokens, newSigningKey } from "@flotilla/chassis/identity";
import { defineService, type Environment } from "@flotilla/chassis/service";
import { type Cleanup, startInProcess } from "@flotilla/chassis/testing";
import { getContact, getKeys } from "@flotilla/contracts/users";
import { memoryBroker } from "../../../chassis/src/messaging/memory-broker.ts";
import { service } from "./service.ts";

/** The email service over HTTP and a broker, beside a users service that knows `ada@shop.example` as `user-1`. */
export async function emailUnderTest(t: Cleanup, environment: Environment = {}) {
  const { privateJwk, publicJwk } = await newSigningKey();
  const users = defineService(contract("users", { calls: { getContact, getKeys }, events: {} }), {
    wire: () => ({
      answers: {
        getKeys: async () => ({ keys: [publicJwk] }),
        async getContact({ params: { id } }) {
          if (id !== "user-1") throw notFound.failure();
          return { id, name: "Ada", email: "ada@shop.example" };
        },
      },
    }),
  });
  const broker = memoryBroker();
  const running = await startInProcess(t, [{ service: users }, { service, environment }], broker);
  const sign = accessTokens({ key: privateJwk });

  async function ask(path: string, role?: "customer" | "admin") {
    const token = role && (await sign({ id: "somebody", name: "Somebody", role, session: "session" }));
    const headers = token ? { authorization: `Bearer ${token}` } : undefined;
    const response = await fetch(new URL(path, running.url("email")), headers ? { headers } : {});
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
    return { status: response.status, body: (await response.json()) as any };
  }

  async function publish(id: string, type: string, body: { userId: string; [fact: string]: unknown }): Promise<void> {
    const envelope = { version: 1, source: "orders", time: new Date().toISOString(), requestId: "request" };
    const traceparent = `00-${"1".repeat(32)}-${"1".repeat(16)}-01`;
    await broker.publish([{ id, type, key: body.userId, body, traceparent, ...envelope }]);
  }
  return { ask, publish, database: running.database("email") };
}
