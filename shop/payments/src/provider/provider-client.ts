import { internalError, unavailable } from "@flotilla/chassis/failure";
import { Pool } from "undici";
import type { ChargeOutcome, DeclineReason, PaymentProvider } from "../payment-provider.ts";

type Answer = { readonly status: number; readonly body: { readonly status?: string; readonly code?: string } };

const declineReasons: Readonly<Record<string, DeclineReason>> = {
  card_declined: "payment_declined",
  insufficient_funds: "insufficient_funds",
};

/** As many as orders are fulfilled at once: slow charges don't make the others wait. */
const CONNECTIONS = 100;

/** The payment provider at `url`, called over HTTP. `timeout`: milliseconds until an answer counts as lost. Default 8,000. */
export function connectProvider(url: string, { timeout = 8_000 }: { timeout?: number } = {}): PaymentProvider {
  const pool = new Pool(url, { connections: CONNECTIONS, connect: { timeout: 2_000 } });
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    ask(pool, { path, headers: { ...headers, "content-type": "application/json" }, body, timeout });
  return {
    async charge({ key, orderId, amount, method }) {
      const body = { reference: orderId, amount: amount.amount, currency: amount.currency, method };
      return chargeOutcome(await post("/charges", body, { "idempotency-key": key }));
    },
    async refund(key) {
      const { status, body } = await post("/refunds", { chargeKey: key });
      if (status === 200 && (body.status === "refunded" || body.status === "nothing_captured")) return body.status;
      throw unexpected({ status, body });
    },
    close: () => pool.close(),
  };
}

type Question = { path: string; headers: Record<string, string>; body: object; timeout: number };

/** Throws `unavailable` for every answer that does not come, does not come in time, or says that it will be there later. */
async function ask(pool: Pool, { path, headers, body, timeout }: Question): Promise<Answer> {
  const answer = await receive(pool, { path, headers, body, timeout }).catch((cause: unknown) => {
    throw unavailable.failure({ cause });
  });
  if (answer.status >= 500 || answer.status === 429) {
    throw unavailable.failure({ cause: new Error(`the payment provider answered ${answer.status}`) });
  }
  return answer;
}

async function receive(pool: Pool, { path, headers, body, timeout }: Question): Promise<Answer> {
  const signal = AbortSignal.timeout(timeout);
  const response = await pool.request({ method: "POST", path, headers, body: JSON.stringify(body), signal });
  return { status: response.statusCode, body: (await response.body.json()) as Answer["body"] };
}

function chargeOutcome(answer: Answer): ChargeOutcome {
  const { status, body } = answer;
  if (status === 200 && body.status === "captured") return { status: "captured" };
  if (status === 409) return { status: "called_off" };
  const reason = declineReasons[body.code ?? ""];
  if (status === 402 && reason) return { status: "declined", reason };
  throw unexpected(answer);
}

const unexpected = ({ status, body }: Answer) =>
  internalError.failure({ cause: new Error(`the payment provider answered ${status} ${body.code ?? body.status}`) });
