import { call, event, Fields, Id, Personal, Sensitive, Time } from "@flotilla/chassis/contract";
import { notFound, refusal } from "@flotilla/chassis/failure";
import { Type } from "typebox";
import { HASHING_TURN, Password } from "./password.ts";

export const resetTokenInvalid = refusal("reset_token_invalid", 400, "The token is not valid, or no longer");

/** The same for emails that have no account. */
export const requestPasswordReset = call("POST /auth/password-reset", {
  summary: "Have a token sent by mail that sets a new password, good for 30 minutes",
  access: "public",
  body: Fields({ email: Personal(Type.String({ minLength: 1, maxLength: 254 })) }),
  replies: { 202: null },
});

export const confirmPasswordReset = call("POST /auth/password-reset/confirm", {
  summary: "Set a new password with a token that came by mail; all sessions end",
  access: "public",
  body: Fields({ token: Type.String({ minLength: 1, maxLength: 200 }), password: Password }),
  replies: { 204: null },
  refuses: [resetTokenInvalid],
  timeout: HASHING_TURN,
});

/** A repeat gives another token, and the one before stays good: mail may be handed over twice. */
export const issueResetToken = call("POST /password-resets/{id}/tokens", {
  summary: "A token for a password reset that was asked for, and where to send it",
  access: "internal",
  replies: { 200: Fields({ token: Sensitive(Type.String()), email: Personal(Type.String()), expiresAt: Time }) },
  refuses: [notFound],
});

export const passwordResetRequested = event("user.password_reset_requested", {
  key: "userId",
  body: Fields({ userId: Id, resetId: Id, requestedAt: Time }),
});
