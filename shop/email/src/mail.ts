import type { BodyOf } from "@flotilla/chassis/contract";
import type { orderCancelled, orderConfirmed, orderRejected } from "@flotilla/contracts/orders";
import type { passwordResetRequested } from "@flotilla/contracts/password-reset";
import type { credentialsChanged, userCreated } from "@flotilla/contracts/users";

/** Each template's name, and the facts its letter is written from. */
export type Facts = {
  welcome: BodyOf<typeof userCreated>;
  receipt: BodyOf<typeof orderConfirmed>;
  rejection: BodyOf<typeof orderRejected>;
  refund: BodyOf<typeof orderCancelled>;
  passwordReset: BodyOf<typeof passwordResetRequested>;
  credentialsChanged: BodyOf<typeof credentialsChanged>;
};

export type Template = keyof Facts;

/** Their address, and nothing that they wrote: nobody has shown that it is theirs, and mail must not carry a stranger's words. */
export type Recipient = { email: string };

/** A letter that is to be written. `id` is the same however often the event behind it is heard. */
export type Intent = {
  [Name in Template]: {
    id: string;
    template: Name;
    facts: Facts[Name];
    userId: string;
    /** Null when it has to be looked up. */
    recipient: Recipient | null;
  };
}[Template];

/** Where a letter goes, and the secret it carries: asked for when it is written, kept nowhere. */
export type Addressee = { to: Recipient; token?: string };

/** What a letter says. */
export type Content = { subject: string; text: string; html: string };

/** A letter as it goes out. */
export type Letter = Content & { id: string; to: Recipient };

/**
 * What became of a letter: `sent`; `dropped` because nobody is there to read it; `failed` for good; or `queued` again after an
 * attempt that may go better next time.
 */
export type Outcome = { state: "sent" } | { state: "dropped" | "failed" | "queued"; cause: string };

/** An email address as it is compared: addresses that look equal are equal. */
export const comparable = (address: string): string => address.trim().normalize("NFC").toLowerCase();
