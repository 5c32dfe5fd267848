import { outage, refusal } from "@flotilla/chassis/failure";
import type { Letter } from "../mail.ts";

/** Whoever takes the mail said no to this letter, and would say so again. */
export const letterRefused = refusal("letter_refused", 422, "The letter was refused");
/** The letter could not be handed over, or nobody knows whether it was. */
export const mailUnavailable = outage("mail_unavailable", 503, "The mail could not be handed over");

/** Hands letters over to whoever carries them. */
export interface Mailer {
  /**
   * Resolves once the letter is in safe hands. A letter handed over again keeps its message id, so that a repeat can be told.
   * Takes at most `longest` milliseconds, and ends when `signal` is aborted. Throws `letter_refused` for a definite no, `mail_unavailable` for
   * everything that may pass.
   */
  deliver(letter: Letter, signal: AbortSignal): Promise<void>;
  /** How many letters it takes at once. */
  readonly atOnce: number;
  /** Milliseconds that `deliver` takes at most. */
  readonly longest: number;
  /** Lets go of connections. */
  close(): Promise<void>;
}
