import assert from "node:assert/strict";
import { test } from "node:test";
import { hashOf, judgeRefresh, newRefreshToken, refreshExpiry } from "./refresh-token.ts";

const now = new Date("2030-01-01T00:00:00Z");
const token = { sessionId: "s", expiresAt: refreshExpiry(now), usedAt: null, sessionEndedAt: null };

test("a token is good until it is used, it expires or its session ends", () => {
  assert.equal(judgeRefresh(token, now), "good");
  assert.equal(judgeRefresh(undefined, now), "invalid");
  assert.equal(judgeRefresh(token, token.expiresAt), "invalid");
  assert.equal(judgeRefresh(token, new Date(token.expiresAt.getTime() - 1)), "good");
  assert.equal(judgeRefresh({ ...token, sessionEndedAt: now }, now), "invalid");
});

test("a token that was used before is told apart, also when its session has ended or it has expired", () => {
  const used = { ...token, usedAt: now };
  assert.equal(judgeRefresh(used, now), "reused");
  assert.equal(judgeRefresh({ ...used, sessionEndedAt: now }, now), "reused");
  assert.equal(judgeRefresh(used, token.expiresAt), "reused");
});

test("a token has 256 random bits and lives for 30 days", () => {
  assert.equal(Buffer.from(newRefreshToken(), "base64url").length, 32);
  assert.notEqual(newRefreshToken(), newRefreshToken());
  assert.equal(hashOf("token").length, 32);
  assert.equal(refreshExpiry(now).toISOString(), "2030-01-31T00:00:00.000Z");
});
