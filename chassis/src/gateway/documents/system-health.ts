import type { Discovery } from "../../discovery/discovery.ts";
import type { Upstreams } from "../forwarding/upstreams.ts";

/** The health of the whole system, as `GET /api/health` answers it. */
export type SystemHealth = {
  readonly status: "healthy" | "degraded";
  readonly services: Readonly<Record<string, "healthy" | "unavailable">>;
};

const PATIENCE = 1_000;
const GOOD_FOR = 1_000;

/**
 * Tells the health of `services`: one is healthy when at least one of its instances says that it is ready within a second. The
 * services are asked at most once a second, however often this is called.
 */
export function createSystemHealth(
  services: readonly string[],
  { discovery, upstreams }: { discovery: Discovery; upstreams: Upstreams },
): () => Promise<SystemHealth> {
  let known: { readonly until: number; readonly health: Promise<SystemHealth> } | undefined;

  async function ask(): Promise<SystemHealth> {
    const states = await Promise.all(services.map(async (service) => [service, await healthOf(service)] as const));
    const healthy = states.every(([, state]) => state === "healthy");
    return { status: healthy ? "healthy" : "degraded", services: Object.fromEntries(states) };
  }

  async function healthOf(service: string): Promise<"healthy" | "unavailable"> {
    const answers = discovery.instances(service).map((origin) => assertReady(upstreams, service, origin));
    return Promise.any(answers).then(
      () => "healthy",
      () => "unavailable",
    );
  }

  return () => {
    const now = performance.now();
    if (!known || known.until < now) known = { until: now + GOOD_FOR, health: ask() };
    return known.health;
  };
}

/** Rejects unless the instance says in time that it is ready. */
function assertReady(upstreams: Upstreams, service: string, origin: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = { method: "GET", path: "/health/ready", headers: [], body: undefined };
  const asking = upstreams.to(service, origin, "alone").ask(request, {
    onHead: ({ status }) => (status === 200 ? resolve() : reject(new Error(`${origin} is not ready`))),
    onData: () => true,
    onEnd: () => clearTimeout(timer),
    onError: reject,
  });
  const timer = setTimeout(() => {
    asking.cancel();
    reject(new Error(`${origin} does not answer`));
  }, PATIENCE);
  return promise.catch((error) => {
    clearTimeout(timer);
    throw error;
  });
}
