import assert from "node:assert/strict";
import { test } from "node:test";
import { missingPeer, requirePeer } from "./optional-peer.ts";

test("a package that is not installed is told in one line, with what to do", () => {
  const line = "BROKER_URL needs the package no-such-driver, which is not installed: npm install no-such-driver";
  assert.equal(missingPeer("no-such-driver", "BROKER_URL"), line);
  assert.throws(() => requirePeer("no-such-driver", "BROKER_URL"), { name: "ConfigurationError", message: line });
});

test("one that is installed is not missed", () => {
  assert.equal(missingPeer("amqplib", "BROKER_URL"), undefined);
  requirePeer("amqplib", "BROKER_URL");
});
