import { contract } from "@flotilla/chassis/contract";
import { accessTokens, newSigningKey } from "@flotilla/chassis/identity";
import { defineService, newId } from "@flotilla/chassis/service";
import { type Cleanup, startInProcess } from "@flotilla/chassis/testing";
import { getKeys } from "@flotilla/contracts/users";
import { memoryBroker } from "../../../chassis/src/messaging/memory-broker.ts";
import type { Content } from "./notification.ts";
import { notificationStore } from "./notification-store.ts";
import { service } from "./service.ts";

/** The notification service over HTTP and a broker, beside a users service that vouches for everybody. */
export async function notificationsUnderTest(t: Cleanup) {
  const { privateJwk, publicJwk } = await newSigningKey();
  const users = defineService(contract("users", { calls: { getKeys }, events: {} }), {
    wire: () => ({ answers: { getKeys: async () => ({ keys: [publicJwk] }) } }),
  });
  const broker = memoryBroker();
  const running = await startInProcess(t, [{ service: users }, { service }], broker);
  const sign = accessTokens({ key: privateJwk });

  async function request(user: string, method: string, path: string, more: Record<string, string> = {}) {
    const authorization = `Bearer ${await sign({ id: user, name: user, role: "customer", session: "session" })}`;
    return fetch(new URL(path, running.url("notifications")), { method, headers: { authorization, ...more } });
  }

  async function publish(type: string, body: { userId: string; [fact: string]: unknown }): Promise<void> {
    const envelope = {
      id: newId(),
      version: 1,
      source: "orders",
      time: new Date().toISOString(),
      requestId: "request",
    };
    const traceparent = `00-${"1".repeat(32)}-${"1".repeat(16)}-01`;
    await broker.publish([{ ...envelope, type, key: body.userId, body, traceparent }]);
  }

  /** Writes as another replica would: this process is not told. */
  async function addElsewhere(userId: string, message: string): Promise<string | undefined> {
    const database = running.database("notifications");
    const content: Content = { type: "order.confirmed", title: "Order confirmed", message, orderId: null };
    return database.transaction((tx) => notificationStore(database).add(tx, userId, content));
  }

  return { request, publish, addElsewhere, restart: () => running.restart("notifications") };
}
