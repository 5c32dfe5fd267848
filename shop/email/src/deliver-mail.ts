import { failureFrom, notFound } from "@flotilla/chassis/failure";
import { type Backoff, backoffDelay, type Client } from "@flotilla/chassis/service";
import { goOn, inSpan, type Log } from "@flotilla/chassis/telemetry";
import type { users } from "@flotilla/contracts/users";
import type { Addressee, Intent, Outcome } from "./mail.ts";
import type { Claimed, MailStore } from "./mail-store.ts";
import { letterRefused, type Mailer } from "./mailers/mailer.ts";
import { write } from "./templates.ts";

type Needs = {
  mails: Pick<MailStore, "claim" | "settle" | "retry">;
  mailer: Pick<Mailer, "deliver" | "atOnce" | "longest">;
  users: Pick<Client<typeof users>, "getContact" | "issueResetToken">;
  log: Log;
};

/** Milliseconds that looking up a recipient may take. A letter is claimed for that and for handing it over, and no longer. */
const LOOK_UP = 3_000;
const DAY = 86_400_000;
const backoff: Backoff = { first: 2_000, most: 3_600_000 };

/** Milliseconds that letters under way have to arrive in when the service stops. */
const LAST_CALL = 5_000;

/**
 * Delivers the letters that are due, some at once, and records what became of each; returns whether there may be more. What fails
 * is tried again for a day, with growing delays. No transaction is open while it waits for others. Soon after `stopping` is
 * aborted it ends, and what is under way then is tried again.
 */
export async function deliverMail(needs: Needs, stopping: AbortSignal): Promise<boolean> {
  const { atOnce, longest } = needs.mailer;
  const claimed = await needs.mails.claim(atOnce, LOOK_UP + longest);
  if (claimed.length === 0) return false;
  const hurry = new AbortController();
  const onStop = () => setTimeout(() => hurry.abort(), LAST_CALL).unref();
  stopping.addEventListener("abort", onStop);
  const asked = { ...needs, contactOf: askedOnce((userId) => contactOf(needs.users, userId)) };
  await Promise.all(claimed.map((mail) => goOn(mail, () => deliverOne(asked, mail, hurry.signal))));
  stopping.removeEventListener("abort", onStop);
  return claimed.length === atOnce;
}

type Delivering = Needs & { contactOf(userId: string): Promise<Addressee | undefined> };

/** Letters to one recipient that are delivered at the same time share the question. */
function askedOnce<T>(ask: (userId: string) => Promise<T>): (userId: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (userId) => {
    const answer = answers.get(userId) ?? ask(userId);
    answers.set(userId, answer);
    return answer;
  };
}

const deliverOne = (needs: Delivering, mail: Claimed, hurry: AbortSignal): Promise<void> =>
  inSpan("deliver letter", { attributes: { "shop.letter": mail.template } }, async (span) => {
    const outcome = await attempt(needs, mail, hurry);
    if (outcome.state === "queued" || outcome.state === "failed") span.fail(outcome.state);
    await record(needs, mail, outcome);
  });

async function record(needs: Needs, mail: Claimed, outcome: Outcome): Promise<void> {
  try {
    if (outcome.state !== "queued") await needs.mails.settle(mail, outcome);
    else await needs.mails.retry(mail, outcome.cause, backoffDelay(backoff, mail.attempt), DAY);
  } catch (error) {
    needs.log.warn({ err: error, mailId: mail.id }, "the outcome of a letter was not recorded; it is tried again");
  }
}

async function attempt(needs: Delivering, mail: Claimed, hurry: AbortSignal): Promise<Outcome> {
  const { mailer, log } = needs;
  try {
    const addressee = await addresseeOf(needs, mail);
    if (!addressee) return { state: "dropped", cause: "there is nobody to write to any more" };
    await mailer.deliver({ id: mail.id, to: addressee.to, ...write(mail, addressee.token) }, hurry);
    return { state: "sent" };
  } catch (error) {
    log.warn({ err: error, mailId: mail.id, attempt: mail.attempt }, "a letter was not delivered");
    return { state: letterRefused.is(error) ? "failed" : "queued", cause: describe(error) };
  }
}

/** Undefined when the account or what the letter is about is gone. */
async function addresseeOf({ users, contactOf }: Delivering, mail: Intent): Promise<Addressee | undefined> {
  if (mail.recipient) return { to: mail.recipient };
  if (mail.template !== "passwordReset") return contactOf(mail.userId);
  return unlessGone(async () => {
    const { token, email } = await users.issueResetToken({ params: { id: mail.facts.resetId } }, { timeout: LOOK_UP });
    return { to: { email }, token };
  });
}

const contactOf = (users: Needs["users"], id: string): Promise<Addressee | undefined> =>
  unlessGone(async () => {
    const { email } = await users.getContact({ params: { id } }, { timeout: LOOK_UP });
    return { to: { email } };
  });

async function unlessGone<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (notFound.is(error)) return undefined;
    throw error;
  }
}

/** For the person who looks at the row: the code, and what lies behind it. */
function describe(error: unknown): string {
  const { code, message, cause } = failureFrom(error);
  return `${code}: ${cause instanceof Error ? cause.message : message}`.slice(0, 500);
}
