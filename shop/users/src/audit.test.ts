import assert from "node:assert/strict";
import { test } from "node:test";
import { MOST_FAILURES } from "./sign-in/sign-in-limits.ts";
import { ada, callerOf, usersUnderTest } from "./users-under-test.ts";

test("whoever signs in, is refused, or changes how to sign in is in the audit", async (t) => {
  const { register, login, refresh, call, audited } = await usersUnderTest(t);
  const first = await register();
  await assert.rejects(register());
  await assert.rejects(login({ password: "wrong horse" }));
  await assert.rejects(login({ email: "nobody@example.org" }));
  const second = await login();
  await refresh(second.refreshToken);
  await assert.rejects(refresh(second.refreshToken));
  const caller = callerOf(first);
  const change = (currentPassword: string) =>
    call("updateUser", { caller, params: { id: caller.id }, body: { password: "battery staple", currentPassword } });
  await assert.rejects(change("wrong horse"));
  await change(ada.password);
  await call("requestPasswordReset", { body: { email: ada.email } });
  await assert.rejects(call("confirmPasswordReset", { body: { token: "x", password: "battery staple" } }));
  const third = callerOf(await login({ password: "battery staple" }));
  await call("logout", { caller: third });
  const id = first.user.id;
  const at = (each: (typeof audited)[number]) => [each.action, each.result, each.what, each.userId];
  assert.deepEqual(audited.map(at), [
    ["register", "done", undefined, id],
    ["register", "refused", "email_taken", undefined],
    ["sign_in", "refused", "invalid_credentials", id],
    ["sign_in", "refused", "invalid_credentials", undefined],
    ["sign_in", "done", undefined, id],
    ["refresh", "refused", "refresh_token_reused", id],
    ["change_credentials", "refused", "password_wrong", id],
    ["change_credentials", "done", "password", id],
    ["request_password_reset", "done", undefined, undefined],
    ["reset_password", "refused", "reset_token_invalid", undefined],
    ["sign_in", "done", undefined, id],
    ["sign_out", "done", undefined, id],
  ]);
  assert.ok(audited.every((entry) => !/@|horse|staple/.test(JSON.stringify(entry))));
});

test("attempts that are refused unseen, after too many, are in it as well", async (t) => {
  const { register, login, audited, database } = await usersUnderTest(t);
  await register();
  await assert.rejects(login({ password: "wrong horse" }));
  await database.query("update failed_sign_in set failures = $1", [MOST_FAILURES.network]);
  await assert.rejects(login());
  const { action, result, what, network } = audited.at(-1) ?? {};
  assert.deepEqual([action, result, what, network], ["sign_in", "refused", "rate_limited", "192.0.2.1"]);
});
