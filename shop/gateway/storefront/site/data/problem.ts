/** A refusal or failure, as the shop told it (RFC 9457), or that it could not be reached (`status` 0). */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** What is wrong with single fields, by JSON pointers. */
  readonly errors: readonly { readonly path: string; readonly message: string }[];
  /** Seconds after which it may be tried again. */
  readonly retryAfter: number | undefined;
  /** By which the shop's logs know the request. */
  readonly requestId: string | undefined;

  constructor(status: number, code: string, more: Partial<Pick<Problem, "errors" | "retryAfter" | "requestId">> = {}) {
    super(code);
    this.status = status;
    this.code = code;
    this.errors = more.errors ?? [];
    this.retryAfter = more.retryAfter;
    this.requestId = more.requestId;
  }

  /** Whether it tells nothing of whether the request was carried out, or that the shop had no time for it. */
  get isPassing(): boolean {
    return [0, 429, 502, 503, 504].includes(this.status);
  }
}

/** Reads the problem that an answer holds, whatever else it holds. */
export async function readProblem(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new Problem(response.status, typeof body["code"] === "string" ? body["code"] : "unknown", {
    errors: Array.isArray(body["errors"]) ? body["errors"] : [],
    retryAfter: Number.isFinite(seconds) ? seconds : undefined,
    requestId: response.headers.get("x-request-id") ?? undefined,
  });
}

/** A failure in plain words: what is the matter, and what to do. */
export function inWords(error: unknown): string {
  if (!(error instanceof Problem)) return "Something went wrong on this page. Load it again, please.";
  return words[error.code] ?? byStatus(error);
}

const words: Readonly<Record<string, string>> = {
  unreachable: "The shop can't be reached. Check your connection; nothing is lost, and we go on as soon as it is back.",
  invalid_credentials: "Email or password is wrong.",
  email_taken: "There is an account with this email already. Sign in instead?",
  password_wrong: "That is not your current password.",
  reset_token_invalid: "This token is not valid, or no longer. Ask for a new one.",
  last_admin: "This is the last administrator's account: it can't be closed.",
  order_not_cancellable: "This order can't be cancelled: only confirmed orders can.",
  product_unknown: "Something in your cart is no longer sold. Take it out, then order again.",
  idempotency_key_reused: "This order was sent before with other contents. Look at your orders before you try again.",
  precondition_failed: "Somebody else has changed this in the meantime.",
  stock_limit_reached: "A product can't have so many pieces.",
  not_found: "This is not there, or not yours to see.",
  forbidden: "You may not do this with the account you are signed in with.",
  signed_out: "Your session has ended. Sign in again; your cart is as you left it.",
  validation_failed: "Some of this can't be taken as it is. Look at the marked fields.",
};

function byStatus({ status, retryAfter, requestId }: Problem): string {
  const wait = retryAfter ? ` in ${retryAfter} ${retryAfter === 1 ? "second" : "seconds"}` : " in a moment";
  if (status === 429) return `That was a lot at once. Try again${wait}.`;
  if (status === 502 || status === 503 || status === 504) return `The shop is very busy. Try again${wait}.`;
  if (status === 400 || status === 422) return "Some of this can't be taken as it is. Look at what you entered.";
  return `Something went wrong on our side.${requestId ? ` If it happens again, tell us this number: ${requestId}` : ""}`;
}
