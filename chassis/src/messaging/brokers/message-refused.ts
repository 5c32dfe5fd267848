import { Failure, refusal } from "../../core/failure/failure.ts";

/** Nothing was stored because of what a message is: the same message is refused again. */
export const messageRefused = refusal("message_refused", 422, "The broker does not take the message");

/** A {@link messageRefused} that says why. */
export const refusedFor = (why: string): Failure => new Failure({ ...messageRefused, title: why });
