import { slowAfterOf } from "../../client/targets/slow-after.ts";
import { parseUnquoted } from "../../core/configuration/parse-unquoted.ts";
import { upstreamFailed } from "../../core/failure/failure.ts";
import type { Soon } from "../../core/soon.ts";
import { sendJson } from "../edge/exchange.ts";
import type { Answers } from "../forwarding/answer.ts";
import type { WholeAnswer } from "../forwarding/collect.ts";
import { type Admitted, type Forward, servicePathOf, serviceRequest } from "../forwarding/service-request.ts";
import type { Services } from "../forwarding/services.ts";
import { type Composition, type Include, pathOf, readInclude } from "./composition.ts";

const LARGEST = 1024 * 1024;

/**
 * Answers a read with the parts of other services that the client asked for. Each service is asked with the client's own token, and
 * decides by itself. A part that is not found is null; a part that fails otherwise fails the whole.
 */
export function createReadComposed({ services, answers }: { services: Services; answers: Answers }, plain: Forward) {
  return (admitted: Admitted, includes: Composition["includes"]): Soon<void> => {
    const { names, query } = readInclude(admitted.target.query, includes);
    const rest: Admitted = { ...admitted, target: { ...admitted.target, query } };
    return names.length === 0 ? plain(rest) : compose(rest, includes, names);
  };

  async function compose(admitted: Admitted, includes: Composition["includes"], names: string[]): Promise<void> {
    const { exchange, route, target, parameters, headers } = admitted;
    const { response } = exchange;
    const path = servicePathOf(route, target, parameters) + target.query;
    // The tag of the answer alone says nothing about its parts.
    const forwarded = headers.forwarded.filter((_, at, all) => all[at - (at % 2)] !== "if-none-match");
    const main = serviceRequest(exchange, route, { path, headers: { ...headers, forwarded }, body: undefined });
    const answer = await services.ask({ ...main, method: "GET" }, LARGEST, response);
    if (answer.status !== 200) return answers.send(exchange, route, answer);
    const found = jsonOf(answer);
    const parts = await Promise.all(names.map(async (name) => [name, await part(includes[name] as Include)] as const));
    sendJson(exchange, 200, { ...found, ...Object.fromEntries(parts) });

    async function part(include: Include): Promise<unknown> {
      const { service, call } = include;
      const request = {
        ...main,
        service,
        method: "GET",
        path: pathOf(include, found),
        timeout: call.shape.timeout ?? main.timeout,
        slowAfter: slowAfterOf(call),
        call,
        traced: main.traced && { ...main.traced, name: `GET ${call.path}` },
      };
      const other = await services.ask(request, LARGEST, response);
      if (other.status === 404) return null;
      if (other.status === 200) return jsonOf(other);
      throw upstreamFailed.failure({ cause: new Error(`${service} answered ${other.status} for a part`) });
    }
  }
}

function jsonOf({ body }: WholeAnswer): Record<string, unknown> {
  try {
    return parseUnquoted(body.toString("utf8")) as Record<string, unknown>;
  } catch (cause) {
    throw upstreamFailed.failure({ cause });
  }
}
