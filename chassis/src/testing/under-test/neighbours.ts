import type { Call } from "../../contract/call.ts";
import { Cancellation } from "../../core/cancellation.ts";
import type { Clock } from "../../core/clock.ts";
import { Failure, refusal, unavailable } from "../../core/failure/failure.ts";
import type { KeySet } from "../../identity/keys/signing-key.ts";
import { createVerifier } from "../../identity/tokens/verify.ts";
import { addRoutes } from "../../service/calls/routes.ts";
import type { DeclaredCalls, Handler, Request } from "../../service/definition.ts";
import { createHttpServer } from "../../service/http/http-server.ts";
import { createLog } from "../../telemetry/log.ts";
import { createMetrics } from "../../telemetry/metrics.ts";
import { mayRefuse } from "./read-outcome.ts";
import type { TestFaults } from "./test-faults.ts";

/**
 * Fakes of the services that a service calls: for each call that the test needs, what answers it. A fake gets the validated request, key and
 * caller included, and returns the reply, throws a failure, or {@link hangs}.
 */
export type Neighbours<Calls extends DeclaredCalls> = {
  readonly [Service in keyof Calls]?: { readonly [Name in keyof Calls[Service]]?: Handler<Calls[Service][Name]> };
};

/** The fakes that the neighbours of a service can have: `{ … } satisfies NeighboursOf<typeof service>`. */
export type NeighboursOf<Service extends { readonly calls: DeclaredCalls }> = Neighbours<Service["calls"]>;

/** The requests that each call of each neighbour got, oldest first, every attempt among them. */
export type NeighbourRequests<Calls extends DeclaredCalls> = {
  readonly [Service in keyof Calls]: {
    readonly [Name in keyof Calls[Service]]: readonly Request<Calls[Service][Name]>[];
  };
};

/** A fake that never answers: `{ chargePayment: hangs }`. */
export const hangs = (): Promise<never> => new Promise(() => {});

/** A fake that can't answer now: `{ chargePayment: isUnavailable }`. Callers may ask again. */
export const isUnavailable = (): Promise<never> => Promise.reject(unavailable.failure());

/** What a caller is told when the test is at fault: nothing that its contract knows, so that it is not asked again. */
const faultyTest = refusal("faulty_test", 400, "The test that runs is at fault");

/** Fakes that listen, each at an address of its own. */
export type RunningNeighbours = {
  readonly urls: Readonly<Record<string, string[]>>;
  readonly requests: Readonly<Record<string, Readonly<Record<string, Request<Call>[]>>>>;
  /** Ends at once, also what hangs. */
  close(): Promise<void>;
};

/** Starts a server for each service that is called. A call without a fake is a fault of the test, and so is what a fake throws that is no failure. */
export async function startNeighbours(options: {
  readonly calls: DeclaredCalls;
  readonly fakes: Neighbours<DeclaredCalls>;
  /** The public keys of those who call. */
  readonly keySet: KeySet;
  readonly clock: Clock;
  readonly faults: TestFaults;
}): Promise<RunningNeighbours> {
  const { calls, fakes, keySet, clock, faults } = options;
  const names = Object.keys(calls);
  const running = await Promise.all(
    names.map(async (service) => {
      const made = calls[service] ?? {};
      const requests = Object.fromEntries(Object.keys(made).map((name): [string, Request<Call>[]] => [name, []]));
      const answers = Object.entries(made).map(([name, call]) => {
        const fake = watchedFake({ name: `${service}.${name}`, call, fake: fakes[service]?.[name], faults });
        const answer: Handler<Call> = (request) => {
          requests[name]?.push(request);
          return fake(request);
        };
        return [name, answer];
      });
      return { requests, ...(await serve(service, made, Object.fromEntries(answers), { keySet, clock })) };
    }),
  );
  const byName = <T>(pick: (each: (typeof running)[number]) => T) =>
    Object.fromEntries(running.map((each, index) => [names[index] as string, pick(each)]));
  return {
    urls: byName(({ url }) => [url]),
    requests: byName(({ requests }) => requests),
    close: async () => void (await Promise.all(running.map(({ close }) => close()))),
  };
}

function watchedFake(options: {
  readonly name: string;
  readonly call: Call;
  readonly fake: Handler<Call> | undefined;
  readonly faults: TestFaults;
}): Handler<Call> {
  const { name, call, fake, faults } = options;
  const fail = (fault: Error) => {
    faults.add(fault);
    return faultyTest.failure({ cause: fault });
  };
  return async (request) => {
    if (!fake) throw fail(new Error(`${name} was called, and the test has no fake for it: add it to \`neighbours\``));
    try {
      return await fake(request);
    } catch (error) {
      if (!(error instanceof Failure)) throw fail(error instanceof Error ? error : new Error(String(error)));
      if (error.kind !== "refused" || mayRefuse(call, error.code)) throw error;
      throw fail(new Error(`the fake of ${name} refused with ${error.code}, which its contract does not name`));
    }
  };
}

async function serve(
  service: string,
  calls: Readonly<Record<string, Call>>,
  answers: Readonly<Record<string, Handler<Call>>>,
  { keySet, clock }: { readonly keySet: KeySet; readonly clock: Clock },
) {
  const log = createLog({ service, level: "silent" });
  const health = { service, ready: () => true, draining: () => false, reachable: async () => true };
  const server = createHttpServer(health, log, createMetrics(service));
  const verify = createVerifier({ service, serviceKeys: keySet, userKeys: async () => [], clock });
  const anybody = new Set(keySet.keys.map(({ kid }) => kid));
  const around = { verify, health, stopping: new Cancellation(), internalCallers: () => anybody };
  addRoutes(server, { service, calls, events: {} }, answers, around);
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    async close() {
      server.server.closeAllConnections();
      await server.close();
    },
  };
}
