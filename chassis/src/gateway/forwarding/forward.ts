import { after, type Soon } from "../../core/soon.ts";
import type { TokenFor } from "../../identity/tokens/service-token.ts";
import type { Overload } from "../admission/overload.ts";
import { preferenceIn } from "../admission/waiting-requests.ts";
import { coalescedReads } from "../reads/coalesced-reads.ts";
import { createReadCoalesced } from "../reads/read-coalesced.ts";
import { createReadComposed } from "../reads/read-composed.ts";
import type { CallRoute } from "../route-table.ts";
import type { Answers } from "./answer.ts";
import { type RelayOptions, waitingEnded } from "./relay.ts";
import { takeBody } from "./request-body.ts";
import { type Admitted, servicePathOf, serviceRequest } from "./service-request.ts";
import type { ServiceRequest, Services } from "./services.ts";

/** The same request for what there is at once; undefined when it did not say that it would rather wait. */
function withoutPreference(request: ServiceRequest): ServiceRequest | undefined {
  const at = preferenceIn(request.headers);
  return at < 0 ? undefined : { ...request, headers: request.headers.toSpliced(at, 2), idle: false };
}

/** A request that is let in, before its body is there. */
type Asked = Omit<Admitted, "body" | "idle">;

/** An answer that is changed on its way is held whole; a larger one fails. */
const CHANGED_AT_MOST = 1024 * 1024;

/**
 * Forwards each call the way its route says: shared with other readers, composed of several, changed, or as it comes. It counts as under
 * way when its body is there: who sends slowly takes nobody's place.
 */
export function createForward(needs: {
  readonly services: Services;
  readonly answers: Answers;
  readonly tokenFor: TokenFor | undefined;
  readonly overload: Overload;
  /** Whether a request waits for what others do. */
  readonly waits: (asked: Asked) => boolean;
}): (asked: Asked) => Soon<void> {
  const { services, answers, tokenFor, overload, waits } = needs;
  const shared = coalescedReads();
  const readCoalesced = createReadCoalesced(needs, shared, plain);
  const readComposed = createReadComposed(needs, plain);

  function plain(admitted: Admitted): Soon<void> {
    const { exchange, route, headers, target, parameters, idle, body: taken } = admitted;
    const path = servicePathOf(route, target, parameters) + target.query;
    const change = route.rule.request?.body;
    const body = change && taken instanceof Uint8Array ? change(taken) : taken;
    const request = serviceRequest(exchange, route, { path, headers, body, idle });
    return after(vouched(request, route), (vouchedFor) => send(admitted, vouchedFor));
  }

  /** With the gateway's own token a service believes where a client is who signs in. */
  function vouched(request: ServiceRequest, { limit, service }: CallRoute): Soon<ServiceRequest> {
    if (limit !== "sign-in" || !tokenFor) return request;
    return tokenFor(service).then((token) => ({ ...request, headers: [...request.headers, "x-forwarded-by", token] }));
  }

  function send({ exchange, route }: Admitted, request: ServiceRequest): Promise<void> {
    const { response } = exchange;
    const change = route.rule.response?.body;
    const begin: RelayOptions["begin"] = (status, received) => answers.begin(exchange, route, status, received);
    const sent = change
      ? services.ask(request, CHANGED_AT_MOST, response).then((answer) => {
          const body = answer.status < 300 ? change(answer.body) : answer.body;
          return answers.send(exchange, route, { ...answer, body });
        })
      : services.relay(request, response, begin).catch((error: unknown) => {
          const atOnce = error === waitingEnded ? withoutPreference(request) : undefined;
          if (!atOnce) throw error;
          return services.relay(atOnce, response, begin);
        });
    return route.method === "GET" ? sent : sent.finally(() => shared.changed(route.service));
  }

  function forward(admitted: Admitted): Soon<void> {
    if (admitted.route.cache !== undefined) return readCoalesced(admitted);
    if (admitted.route.includes !== undefined) return readComposed(admitted, admitted.route.includes);
    return plain(admitted);
  }

  return (asked) => {
    const { exchange, route, headers } = asked;
    const body = takeBody(exchange, headers, route.bodyLimit, route.rule.request?.body !== undefined);
    return after(body, (taken) => {
      const idle = waits(asked);
      return overload.relieve(exchange, route, () => forward({ ...asked, idle, body: taken }), idle);
    });
  };
}
