import type { RawHeaders } from "../transports/http/response-head.ts";

/** What came back over HTTP, whatever it says. */
export type HttpAnswer = { readonly status: number; readonly headers: RawHeaders; readonly text: string };

/** An answer, or why there is none and whether anything may have reached the other side. */
export type Exchange = { readonly answer: HttpAnswer } | { readonly error: unknown; readonly sent: boolean };

/** The error of an exchange whose answer is larger than it may be. */
export const answerTooLarge = new Error("the answer is too large");
