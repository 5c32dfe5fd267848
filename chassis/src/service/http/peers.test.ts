import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { test } from "node:test";
import { anonymous } from "../../identity/caller.ts";
import type { Peers } from "../../identity/mutual-tls.ts";
import { assertPeer } from "../calls/authorize.ts";
import { admitPeers } from "./admit-peers.ts";

/** Connections whose other side is a service, or that has no certificate. */
const connection = (service?: string) => ({ service }) as unknown as Socket;
const peers: Peers = {
  is: (socket, service) => {
    const shown = (socket as unknown as { service?: string }).service;
    return shown !== undefined && (service === undefined || shown === service);
  },
};

test("the token of a service is good only over a connection of that service", () => {
  const orders = { kind: "service", name: "orders" } as const;
  assert.equal(assertPeer(orders, connection("orders"), peers), orders);
  assert.throws(() => assertPeer(orders, connection("email"), peers), { code: "forbidden" });
  assert.throws(() => assertPeer(orders, connection(), peers), { code: "forbidden" });
  assert.throws(() => assertPeer(anonymous, connection(), peers), { code: "forbidden" });
  assert.equal(assertPeer(anonymous, connection("gateway"), peers), anonymous);
  assert.equal(assertPeer(orders, connection(), undefined), orders, "without certificates it can't be told");
});

test("a connection without a certificate gets to health and metrics, and to nothing that only looks like them", () => {
  const handled: (string | undefined)[] = [];
  const handle = admitPeers(peers, "orders")(({ url }) => handled.push(url));
  const statuses: number[] = [];
  const response = {
    setHeader: () => response,
    writeHead: (status: number) => {
      statuses.push(status);
      return response;
    },
    end: () => response,
  };
  const ask = (url: string, socket: Socket) =>
    handle({ url, socket, headers: {} } as IncomingMessage, response as unknown as ServerResponse);
  for (const url of ["/health", "/health/live", "/health/ready", "/metrics", "/health?x"]) ask(url, connection());
  assert.equal(handled.length, 5);
  const others = ["/orders", "/health-records", "/healthy", "/health/", "/metrics/x", "/calls"];
  for (const url of others) ask(url, connection());
  assert.deepEqual(statuses, new Array(others.length).fill(403));
  ask("/orders", connection("gateway"));
  assert.equal(handled.at(-1), "/orders");
});
