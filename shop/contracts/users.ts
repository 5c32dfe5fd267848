import {
  call,
  contract,
  event,
  Fields,
  Id,
  Nullable,
  OneOf,
  Page,
  PageQuery,
  Personal,
  Text,
  Time,
} from "@flotilla/chassis/contract";
import { notFound, refusal } from "@flotilla/chassis/failure";
import { type Static, Type } from "typebox";
import { HASHING_TURN, Password } from "./password.ts";
import {
  confirmPasswordReset,
  issueResetToken,
  passwordResetRequested,
  requestPasswordReset,
} from "./password-reset.ts";
import { endAllSessions, endSession, listSessions, listSignIns } from "./sessions.ts";

export const emailTaken = refusal("email_taken", 409, "There is an account with this email already");
export const invalidCredentials = refusal("invalid_credentials", 401, "Email or password is wrong");
export const refreshTokenInvalid = refusal("refresh_token_invalid", 401, "The refresh token is not valid");
export const refreshTokenReused = refusal("refresh_token_reused", 401, "The refresh token was used before");
export const passwordWrong = refusal("password_wrong", 403, "The current password is wrong");
export const lastAdmin = refusal("last_admin", 409, "The last administrator's account can't be closed");

const Name = Personal(Text(100));
const Email = Personal(Type.String({ format: "email", minLength: 3, maxLength: 254 }));
/** As they are told: what was once let in is let out. */
const Told = Personal(Type.String());
export const User = Fields({
  id: Id,
  name: Told,
  email: Told,
  role: OneOf("customer", "admin"),
  createdAt: Time,
});
export type User = Static<typeof User>;

export const SignedIn = Fields({
  user: User,
  accessToken: Type.String({ description: "Sent as `Authorization: Bearer …`" }),
  refreshToken: Type.String({ description: "Good for one use" }),
  expiresIn: Type.Integer({ description: "Seconds until the access token ends" }),
});
export type SignedIn = Static<typeof SignedIn>;

export const Contact = Fields({ id: Id, name: Told, email: Told });
export type Contact = Static<typeof Contact>;

export const register = call("POST /auth/register", {
  summary: "Open an account and sign in",
  access: "public",
  body: Fields({ name: Name, email: Email, password: Password }),
  replies: { 201: SignedIn },
  refuses: [emailTaken],
  timeout: HASHING_TURN,
});

export const login = call("POST /auth/login", {
  summary: "Sign in",
  access: "public",
  body: Fields({
    email: Personal(Type.String({ minLength: 1, maxLength: 254 })),
    password: Type.String({ minLength: 1, maxLength: 200 }),
  }),
  replies: { 200: SignedIn },
  refuses: [invalidCredentials],
  timeout: HASHING_TURN,
});

export const refresh = call("POST /auth/refresh", {
  summary: "Trade a refresh token for a new pair of tokens",
  access: "public",
  // Room for tokens that are none of ours: to those the answer is "not valid" too.
  body: Fields({ refreshToken: Type.String({ minLength: 1, maxLength: 4_096 }) }),
  replies: { 200: SignedIn },
  refuses: [refreshTokenInvalid, refreshTokenReused],
});

export const logout = call("POST /auth/logout", {
  summary: "Sign out: from now on the session changes and buys nothing, and within seconds it is over everywhere",
  access: "customer",
  body: Fields({
    refreshToken: Type.Optional(
      Type.String({ maxLength: 200, description: "Not needed: the access token names the session" }),
    ),
  }),
  replies: { 204: null },
});

export const getKeys = call("GET /.well-known/jwks.json", {
  summary: "The public keys that verify access tokens",
  access: "public",
  replies: { 200: Type.Object({ keys: Type.Array(Type.Object({}, { additionalProperties: true })) }) },
});

export const getMe = call("GET /users/me", {
  summary: "The signed-in user",
  access: "customer",
  replies: { 200: User },
  refuses: [notFound],
});

export const getUser = call("GET /users/{id}", {
  summary: "A user, for themselves and administrators",
  access: "customer",
  replies: { 200: User },
  refuses: [notFound],
});

export const updateUser = call("PUT /users/{id}", {
  summary: "Change name, email or password; what is left out stays",
  access: "customer",
  body: Type.Object(
    {
      name: Type.Optional(Name),
      email: Type.Optional(Email),
      password: Type.Optional(Password),
      currentPassword: Type.Optional(
        Type.String({ maxLength: 200, description: "Needed to change one's own email or password" }),
      ),
    },
    { additionalProperties: false, minProperties: 1 },
  ),
  replies: { 200: User },
  refuses: [notFound, emailTaken, passwordWrong],
  limit: "sign-in",
  timeout: HASHING_TURN,
});

export const deleteUser = call("DELETE /users/{id}", {
  summary: "Close an account",
  access: "customer",
  replies: { 204: null },
  refuses: [notFound, lastAdmin],
});

export const listUsers = call("GET /users", {
  summary: "All users, oldest first",
  access: "admin",
  query: PageQuery,
  replies: { 200: Page(User) },
});

/** The path by which the chassis asks: whoever verifies access tokens reads this every few seconds. */
export const listEndedSessions = call("GET /ended-sessions", {
  summary: "Sessions that ended while access tokens of theirs may still be in time",
  access: "internal",
  query: Fields({
    since: Type.Optional(Type.String({ pattern: "^\\d{1,18}$", description: "`since` of an answer before" })),
    after: Type.Optional(Id),
  }),
  replies: {
    200: Fields({
      sessions: Type.Array(Id),
      since: Type.String({ description: "Where to read on next time" }),
      after: Nullable(Id),
    }),
  },
});

export const getContact = call("GET /contacts/{id}", {
  summary: "How to address a user",
  access: "internal",
  replies: { 200: Contact },
  refuses: [notFound],
});

export const userCreated = event("user.created", {
  key: "userId",
  body: Fields({ userId: Id, name: Told, email: Told, createdAt: Time }),
});

export const userDeleted = event("user.deleted", {
  key: "userId",
  body: Fields({ userId: Id, deletedAt: Time }),
});

export const credentialsChanged = event("user.credentials_changed", {
  key: "userId",
  body: Fields({
    userId: Id,
    email: Personal(Type.String({ description: "The email before the change" })),
    changed: Type.Array(OneOf("email", "password")),
    changedAt: Time,
  }),
});

export const users = contract("users", {
  calls: {
    register,
    login,
    refresh,
    logout,
    listSessions,
    listSignIns,
    endAllSessions,
    endSession,
    requestPasswordReset,
    confirmPasswordReset,
    getKeys,
    getMe,
    getUser,
    updateUser,
    deleteUser,
    listUsers,
    listEndedSessions,
    getContact,
    issueResetToken,
  },
  events: { userCreated, userDeleted, passwordResetRequested, credentialsChanged },
});
