import type { SignedIn, User } from "@flotilla/contracts/users";
import { exclusively } from "./lock.ts";
import { Problem, readProblem } from "./problem.ts";
import { send } from "./send.ts";
import { createSignal } from "./signal.ts";
import { createStored } from "./stored.ts";

type Kept = { readonly refreshToken: string; readonly user: User };

const isKept = (value: unknown): value is Kept =>
  typeof value === "object" && value !== null && "refreshToken" in value && "user" in value;

/** What lets a later visit go on: it is good for one use, so tabs take turns. */
const kept = createStored<Kept>("session", isKept);
/** Only in this tab's memory. */
let access: { readonly token: string; readonly userId: string; readonly endsAt: number } | undefined;

/** Who is signed in, in all tabs. */
export const user = createSignal<User | undefined>(kept.read()?.user);

kept.watch(() => {
  const now = kept.read()?.user;
  if (now?.id !== access?.userId) access = undefined;
  if (JSON.stringify(now) !== JSON.stringify(user.value())) user.set(now);
});

/** Takes up the session that a sign-in began. */
export function begin({ user: who, accessToken: token, refreshToken, expiresIn }: SignedIn): void {
  access = { token, userId: who.id, endsAt: performance.now() + expiresIn * 1_000 };
  kept.write({ refreshToken, user: who });
  if (JSON.stringify(who) !== JSON.stringify(user.value())) user.set(who);
}

/** Notes what the account is now. */
export function noteUser(who: User): void {
  const session = kept.read();
  if (session) kept.write({ ...session, user: who });
  user.set(who);
}

/** Ends the session in this browser; the cart stays. */
export function end(): void {
  access = undefined;
  kept.write(undefined);
  user.set(undefined);
}

/** Makes the next request get a new token, if this one is still in use. */
export function forgetAccessToken(token: string): void {
  if (access?.token === token) access = undefined;
}

/** Milliseconds before its end at which a token is renewed. */
const EARLY = 60_000;
const isGood = () => access !== undefined && access.endsAt - performance.now() > EARLY;

/** A token that is good for a while; undefined when nobody is signed in. Throws `signed_out` when the session is over. */
export async function accessToken(): Promise<string | undefined> {
  if (isGood()) return access?.token;
  if (kept.read() === undefined) return undefined;
  return exclusively("session", async () => {
    if (isGood()) return access?.token;
    const session = kept.read();
    if (session === undefined) return undefined;
    const response = await send("POST", "/auth/refresh", { body: { refreshToken: session.refreshToken } });
    if (response.ok) {
      begin((await response.json()) as SignedIn);
      return access?.token;
    }
    const problem = await readProblem(response);
    if (problem.status !== 401 && problem.status !== 400) throw problem;
    end();
    throw new Problem(401, "signed_out");
  });
}
